// The same network as a table, for the keyboard and for whoever reads it aloud: only the lines of one window are
// in the page; it is searched and chosen together with the graph.

export class Table {
  constructor(body, { window, network, rows, on }) {
    Object.assign(this, { body, window, network, rows, on });
    this.fitting = []; // ids, all or those that were searched for
    this.found = null;
    this.here = null;
    this.from = 0;
    body.addEventListener("change", ({ target }) => {
      if (target.matches("input[type=checkbox]")) on.choose(target.closest("tr").dataset.node, target.checked);
    });
    body.addEventListener("choose", ({ target }) => {
      const box = target.closest("tr").querySelector("input[type=checkbox]");
      if (box) box.click();
    });
    body.addEventListener("click", (event) => this.press(event));
    body.addEventListener("keydown", (event) => this.turn(event));
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

  turn(event) {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.step(by);
  }

  find(ids) {
    this.found = ids;
    this.from = 0;
    this.show();
  }

  step(by) {
    const to = this.from + by * this.window;
    if (to < 0 || to >= this.fitting.length) return;
    this.from = to;
    this.show();
    this.body.querySelector(".case-link")?.focus();
  }

  // Writes the lines of the window anew.
  show() {
    const all = [...this.network.nodes.keys()];
    this.fitting = this.found ? all.filter((id) => this.found.has(id)) : all;
    this.from = Math.min(this.from, Math.max(0, Math.floor((this.fitting.length - 1) / this.window) * this.window));
    const part = this.fitting.slice(this.from, this.from + this.window);
    this.body.replaceChildren(...part.map((id) => this.rows.line(id)));
    this.row(this.here)?.classList.add("here");
    this.on.windowed({ before: this.from > 0, after: this.from + this.window < this.fitting.length });
  }

  row(id) {
    return id && this.body.querySelector(`tr[data-node="${CSS.escape(id)}"]`);
  }

  focus(id) {
    this.row(this.here)?.classList.remove("here");
    this.here = id;
    const place = id ? this.fitting.indexOf(id) : -1;
    if (place < 0) return;
    const from = Math.floor(place / this.window) * this.window;
    if (from !== this.from) {
      this.from = from;
      this.show();
    }
    const row = this.row(id);
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
  }

  // Ticks of the lines that are in the page, after many were chosen at once.
  tick() {
    for (const box of this.body.querySelectorAll("input[type=checkbox]")) {
      box.checked = this.network.chosen.has(box.value);
    }
  }
}
