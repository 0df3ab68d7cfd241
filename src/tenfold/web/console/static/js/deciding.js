// Deciding without looking for the next step: the question that a ground brings with it comes into view, what rules
// say can be taken into the reason, and Ctrl+Enter decides from within it.

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

// The key takes the words of a rule that means the ground that was picked, or else of the first.
function aim(form, ground) {
  const now = form.querySelector("[data-takes][data-key]");
  const next = form.querySelector(`[data-takes][data-ground="${CSS.escape(ground)}"]`) ?? now;
  if (!now || next === now) return;
  next.append(now.querySelector("kbd"));
  next.dataset.key = now.dataset.key;
  delete now.dataset.key;
}

export function watchDeciding() {
  bring(document.getElementById("failure"));
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[name=purpose]")) bring(target.form.querySelector(".takes"));
    if (!target.matches("[data-violation]")) return;
    bring(target.form.querySelector(".purpose"));
    aim(target.form, target.value);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-takes]");
    if (button) take(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const button = event.target.matches("textarea") && event.target.form?.querySelector("button.primary[data-key]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}
