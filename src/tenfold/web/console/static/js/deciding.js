// Deciding without looking for the next step: the question that a ground brings with it comes into view, and so does
// what a refused decision lacks; words that are offered can be taken into the reason; Ctrl+Enter decides from within it.

function bring(element) {
  element?.scrollIntoView({ block: "nearest" });
}

function take(button) {
  const reason = button.form.elements.namedItem("reason");
  const words = button.dataset.takes;
  if (!button.checkVisibility() || reason.value.includes(words)) return;
  reason.value = [reason.value.trimEnd(), words].filter(Boolean).join("; ");
  reason.dispatchEvent(new Event("input", { bubbles: true }));
  bring(reason);
}

function picked(form, name) {
  return form.querySelector(`[name="${name}"]:checked`);
}

// What is offered follows what is picked: the words of rules, of the protected purpose, or of no violation. The
// key takes those of the ground that was picked, or else the first.
function offer(form) {
  const ground = picked(form, "ground");
  const purpose = ground?.matches("[data-violation]") ? (picked(form, "purpose")?.value ?? "none") : "none";
  const protects = purpose !== "none" || ground?.value === "TVEC0.1";
  const rules = form.querySelector('[data-offers="rule"]');
  const kind = protects ? "purpose" : !rules || ground?.value === "TVEC0" ? "nothing" : "rule";
  for (const place of form.querySelectorAll("[data-offers]")) place.hidden = place.dataset.offers !== kind;
  for (const one of form.querySelectorAll("[data-purpose]")) {
    one.hidden = purpose !== "none" && one.dataset.purpose !== purpose;
  }
  const shown = [...form.querySelectorAll("[data-offers]:not([hidden]) [data-takes]:not([hidden])")];
  const now = form.querySelector("[data-offers] [data-takes][data-key]");
  const next = shown.find((one) => one.dataset.ground === ground?.value) ?? shown[0];
  if (!now || !next || next === now) return next;
  next.append(now.querySelector("kbd"));
  next.dataset.key = now.dataset.key;
  delete now.dataset.key;
  return next;
}

// Of several purposes nobody but the person can say which: the key goes to the first, Enter takes one.
function choosesFirst(button, byKey) {
  const others = button.parentElement.querySelectorAll("[data-purpose]:not([hidden])");
  return byKey && others.length > 1 && document.activeElement !== button;
}

// What a refused decision lacks stands wholly in the panel, and the next key answers it.
function showFailure() {
  const failure = document.getElementById("failure");
  const place = failure?.closest("fieldset, .reason") ?? failure;
  const offered = [...(place?.querySelectorAll("[data-takes][data-key]") ?? [])].find((one) => one.checkVisibility());
  (offered ?? place?.querySelector("input, textarea"))?.focus({ preventScroll: true });
  bring(place);
}

// The page of a case has come, by itself or in the place of another.
export function arrive() {
  const form = document.querySelector("form#decide");
  if (form) offer(form);
  showFailure();
}

export function watchDeciding() {
  arrive();
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("#decide [name=ground], #decide [name=purpose]") || !target.form) return;
    const next = offer(target.form);
    bring(target.matches("[data-violation]") ? target.form.querySelector(".purpose") : next);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-takes]");
    if (!button) return;
    if (choosesFirst(button, event.detail === 0)) {
      button.focus();
      bring(button.parentElement);
    } else take(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const button = event.target.matches("textarea") && event.target.form?.querySelector("button.primary[data-key]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}
