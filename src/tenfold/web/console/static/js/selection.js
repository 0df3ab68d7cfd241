// Choosing cases in the queue: one by one, a range with the shift key, all that are shown.

let last = null;

function boxes() {
  return [...document.querySelectorAll('[data-selection] input[name="case"]')];
}

function tell() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const place = document.querySelector("[data-selected]");
  if (!place) return;
  const digits = new Intl.NumberFormat(document.documentElement.lang === "ar" ? "ar-EG" : "en");
  place.textContent = chosen ? place.dataset.words.replace("#", digits.format(chosen)) : "";
  const whole = document.querySelector("[data-select-all]");
  whole.checked = chosen === all.length;
  whole.indeterminate = chosen > 0 && chosen < all.length;
}

function choose(box, on, range) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (range && from >= 0) for (const other of all.slice(from, to + 1)) other.checked = on;
  box.checked = on;
  last = box;
  tell();
}

document.addEventListener("click", (event) => {
  if (event.target.matches('[data-selection] input[name="case"]')) {
    choose(event.target, event.target.checked, event.shiftKey);
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-all]")) return;
  for (const box of boxes()) box.checked = event.target.checked;
  tell();
});

// By keyboard: the row that is focused is chosen, with shift all from the one chosen before.
document.addEventListener("choose", (event) => {
  const box = event.target.closest("tr")?.querySelector('input[name="case"]');
  if (box) choose(box, !box.checked, event.detail.range);
});

// Enter in the filter of ids leads to what was found, so that the keys are commands again.
document.addEventListener("htmx:after:swap", () => {
  if (!document.activeElement?.matches("#filters [type=search]")) return;
  (document.querySelector("#results .case-link") ?? document.getElementById("results-title")).focus();
});

tell(); // a page that one comes back to keeps its ticks
