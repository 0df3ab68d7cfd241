// Single-key commands (WCAG 2.1.4: they can be changed and turned off in the preferences, and never act while a
// person writes). An element says with data-key which command presses it, named by the key that it has for
// everybody; the body says which keys this person has instead. The letters are those of the key's place too,
// so that they work with an Arabic keyboard.

const WRITING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const STEPS = { j: 1, k: -1 };
const PLACES = {
  Comma: ",", Period: ".", Semicolon: ";", Quote: "'", BracketLeft: "[", BracketRight: "]", Minus: "-", Equal: "=",
};

function keyOf(event) {
  if (/^[a-z0-9/?,.;'[\]=-]$/i.test(event.key)) return event.key.toLowerCase();
  if (event.code.startsWith("Key")) return event.code.slice(3).toLowerCase();
  if (event.code.startsWith("Digit")) return event.code.slice(5);
  if (event.code === "Slash" || event.key === "؟") return event.shiftKey ? "?" : "/";
  return PLACES[event.code] ?? "";
}

// The command of a key: the person's own, or everybody's if it was not given another key.
function commandOf(key) {
  const own = JSON.parse(document.body.dataset.keys || "{}");
  return Object.keys(own).find((command) => own[command] === key) ?? (key in own ? "" : key);
}

function step(by) {
  const links = [...document.querySelectorAll(".case-link, .finding")];
  if (!links.length) return false;
  const here = links.findIndex((link) => link === document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by;
  links[Math.min(Math.max(next, 0), links.length - 1)].focus();
  return true;
}

function press(element) {
  if (!element.matches("summary")) element.closest("details:not([open])")?.setAttribute("open", "");
  if (element.matches("input[type=radio]")) {
    element.checked = true;
    element.dispatchEvent(new Event("change", { bubbles: true }));
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  } else if (element.matches(WRITING)) {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  } else {
    element.click();
  }
}

function act(key, range) {
  if (key in STEPS) return step(STEPS[key]);
  const row = document.activeElement?.closest("[data-selection] .case-link");
  if (key === "x" && row) {
    return row.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { range } }));
  }
  if (key === "o" && document.activeElement?.matches(".case-link")) {
    document.activeElement.click();
    return true;
  }
  if (key === "?") {
    document.getElementById("help").showModal();
    return true;
  }
  const element = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (element) press(element);
  return Boolean(element);
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    const writing = event.target.matches(WRITING);
    if (event.key === "Escape" && writing) event.target.blur();
    if (writing || !("shortcuts" in document.body.dataset)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (act(commandOf(keyOf(event)), event.shiftKey)) event.preventDefault();
  });
}
