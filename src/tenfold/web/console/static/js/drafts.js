// What was begun in a form stays when one leaves the page: kept in this tab, for this session of this person alone,
// until it is sent.

const PREFIX = "draft:";

function nameOf(form) {
  return PREFIX + form.dataset.draft;
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type));
}

function keep(form) {
  const session = form.elements.namedItem("csrf").value;
  for (const name of Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))) {
    if (JSON.parse(sessionStorage.getItem(name)).session !== session) sessionStorage.removeItem(name); // of others
  }
  const filled = fields(form).map((field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value));
  sessionStorage.setItem(nameOf(form), JSON.stringify({ session, names: fields(form).map((field) => field.name), filled }));
}

function restore(form) {
  const kept = JSON.parse(sessionStorage.getItem(nameOf(form)));
  const now = fields(form);
  if (kept?.session !== form.elements.namedItem("csrf").value) return;
  if (kept.names.join() !== now.map((field) => field.name).join()) return; // the form asks something else by now
  now.forEach((field, at) => {
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = kept.filled[at];
    else field.value = kept.filled[at];
  });
  const picked = now.filter((field) => field.checked);
  for (const field of picked.length ? picked : now.slice(0, 1)) {
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// What the server filled in itself, after a refusal or as a near copy was decided, counts more.
export function restoreDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (form.querySelector("#failure")) keep(form);
    else if (!new URLSearchParams(location.search).has("like")) restore(form);
  }
}

export function keepDrafts() {
  restoreDrafts();
  for (const change of ["input", "change"]) {
    document.addEventListener(change, ({ target }) => target.form?.matches("[data-draft]") && keep(target.form));
  }
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("[data-draft]")) sessionStorage.removeItem(nameOf(target));
  }, true);
}
