// The same network as a table, for the keyboard and for whoever reads it aloud: a window of rows, searched and
// chosen together with the graph.

export class Table {
  constructor(body, { window, on }) {
    this.body = body;
    this.window = window;
    this.on = on;
    this.rows = new Map();
    this.shown = null;
    this.from = 0;
    body.addEventListener("change", ({ target }) => {
      if (target.matches("input[type=checkbox]")) on.choose(target.closest("tr").dataset.node, target.checked);
    });
    body.addEventListener("choose", ({ target }) => {
      const box = target.closest("tr").querySelector("input[type=checkbox]");
      if (box) box.click();
    });
    body.addEventListener("click", (event) => this.press(event));
    body.addEventListener("focusin", ({ target }) => on.point(target.closest("tr").dataset.node));
    body.addEventListener("focusout", () => on.point(null));
    body.addEventListener("pointerover", ({ target }) => on.point(target.closest("tr")?.dataset.node ?? null));
    body.addEventListener("pointerleave", () => on.point(null));
  }

  press(event) {
    const row = event.target.closest("tr");
    if (event.target.closest("[data-open]")) {
      event.preventDefault();
      this.on.open(row.dataset.node);
    } else if (event.target.closest(".case-link") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.on.focus(row.dataset.node);
    }
  }

  // Rows as the server wrote them; one that is known is replaced.
  add(markup) {
    const template = document.createElement("template");
    template.innerHTML = markup;
    for (const row of template.content.querySelectorAll("tr")) {
      const before = this.rows.get(row.dataset.node);
      if (before) {
        row.classList.toggle("here", before.classList.contains("here"));
        const [box, was] = [row, before].map((one) => one.querySelector("input[type=checkbox]"));
        if (box && was) box.checked = was.checked;
      }
      this.rows.set(row.dataset.node, row);
    }
    this.show();
  }

  keep(ids) {
    for (const id of this.rows.keys()) if (!ids.has(id)) this.rows.delete(id);
    this.show();
  }

  find(ids) {
    this.shown = ids;
    this.from = 0;
    this.show();
  }

  step(by) {
    this.from = Math.max(0, this.from + by * this.window);
    this.show();
    this.body.querySelector(".case-link")?.focus();
  }

  fitting() {
    return [...this.rows.keys()].filter((id) => !this.shown || this.shown.has(id));
  }

  show() {
    const all = this.fitting();
    this.from = Math.min(this.from, Math.max(0, Math.floor((all.length - 1) / this.window) * this.window));
    const part = all.slice(this.from, this.from + this.window);
    this.body.replaceChildren(...part.map((id) => this.rows.get(id)));
    this.on.windowed({ before: this.from > 0, after: this.from + this.window < all.length });
  }

  focus(id) {
    for (const [other, row] of this.rows) row.classList.toggle("here", other === id);
    if (!id) return;
    const place = this.fitting().indexOf(id);
    if (place < 0) return;
    this.from = Math.floor(place / this.window) * this.window;
    this.show();
    this.rows.get(id).scrollIntoView({ block: "nearest" });
  }

  choosable(id) {
    return Boolean(this.rows.get(id)?.querySelector("input[type=checkbox]"));
  }

  choose(id, on) {
    this.rows.get(id).querySelector("input[type=checkbox]").checked = on;
  }
}
