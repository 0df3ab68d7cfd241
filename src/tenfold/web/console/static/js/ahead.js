// The next case is here before it is asked for: its page is fetched while a person works on this one, and
// deciding shows it at once if the server says that it is still the next one and has not changed.
import { arrive } from "./deciding.js";
import { restoreDrafts } from "./drafts.js";
import { passToasts } from "./toasts.js";

const AGAIN = 4 * 60 * 1000; // milliseconds; the server keeps a case ready for five minutes

let ready = null; // { number, page }
let busy = false;
let timer;

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

async function prepare() {
  clearTimeout(timer);
  ready = null;
  const form = document.querySelector("form[data-ahead]");
  if (!form) return;
  const body = new URLSearchParams();
  for (const name of ["csrf", "queue", "language"]) {
    const field = form.elements.namedItem(name);
    if (field) body.set(name, field.value);
  }
  const answer = await fetch("/cases/ahead", { method: "POST", body }).catch(() => null);
  if (answer?.status === 200 && answer.headers.has("x-case")) {
    ready = { number: answer.headers.get("x-case"), page: parsed(await answer.text()) };
    form.dataset.ahead = ready.number;
    timer = setTimeout(() => document.hidden || prepare(), AGAIN);
  }
}

function show(page, address, message) {
  ready = null;
  document.title = page.title;
  document.body.className = page.body.className;
  const main = document.adoptNode(page.querySelector("main"));
  document.querySelector("main").replaceWith(main);
  const messages = page.querySelector("body > #messages"); // a case has them in its bar
  if (messages) main.before(document.adoptNode(messages));
  if (address) {
    history.pushState({}, "", address);
    for (const back of document.querySelectorAll('.bar input[name="next"]')) back.value = address;
  }
  const said = document.getElementById("messages");
  said.innerHTML = message;
  window.htmx?.process(said);
  passToasts();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  arrive();
  restoreDrafts();
  onceDrawn(() => {
    if (!main.isConnected) return;
    window.htmx?.process(main);
    prepare();
  });
}

// What the case does not need to be read waits until it is drawn.
function onceDrawn(act) {
  if (document.hidden) act(); // then nothing is drawn
  else requestAnimationFrame(() => setTimeout(act));
}

async function send(form, submitter) {
  const number = ready.number;
  const body = new URLSearchParams(new FormData(form, submitter));
  body.set("ahead", number);
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.redirected) {
    location.assign(answer.url); // the session has ended, for example
    return;
  }
  if (!answer.headers.get("content-type")?.includes("json")) {
    show(parsed(await answer.text()), "", "");
    return;
  }
  const { address, case: shown, message } = await answer.json();
  if (String(shown) === number) show(ready.page, address, message);
  else location.assign(address);
}

export function watchAhead() {
  prepare();
  addEventListener("popstate", () => location.reload());
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (!form.matches("[data-ahead]") || submitter?.value !== "next" || !ready) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      await send(form, submitter);
    } catch {
      location.reload(); // the server did not answer: the browser says so, and nothing is sent twice
    } finally {
      busy = false;
    }
  });
}
