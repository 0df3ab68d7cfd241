// What is known of one node, beside the graph.
import { address, element, tieLines } from "./rows.js";

const TIES = 12; // that are told

export class Card {
  constructor(box, network, words, on) {
    Object.assign(this, { box, network, words, on });
    this.empty = box.querySelector("[data-empty]");
    box.addEventListener("click", (event) => {
      const to = event.target.closest("[data-to]");
      if (!to) return;
      event.preventDefault();
      on.focus(to.dataset.to);
    });
  }

  show(id) {
    const node = id && this.network.nodes.get(id);
    this.box.querySelector("[data-shown]")?.remove();
    this.empty.hidden = Boolean(node);
    if (node) this.box.append(this.about(node));
  }

  about(node) {
    const part = element("div", "", { "data-shown": "", class: "stack" });
    const title = element("p", "", { class: "network-name" });
    title.append(element("bdi", node.label, { class: "who-is" }));
    if (node.standing && node.standing !== "active") title.append(" ", element("span", node.standing_name, { class: `standing standing-${node.standing}` }));
    part.append(title);
    const sub = element("p", `${node.kind_name} · `, { class: "small muted" });
    sub.append(element("bdi", node.title));
    part.append(sub);
    for (const fact of [...node.facts, ...node.association]) part.append(element("p", fact, { class: "small" }));
    if (node.more) part.append(element("p", node.more, { class: "small muted" }));
    const ties = element("ul", "", { class: "lines small network-ties" });
    ties.append(...tieLines(this.network, this.words, node.id, TIES));
    part.append(this.ways(node), ties);
    return part;
  }

  ways(node) {
    const row = element("p", "", { class: "row small" });
    if (node.case) row.append(element("a", this.words.text("case", { id: String(node.case) }), { href: `/cases/${node.case}` }));
    row.append(element("a", this.words.text("centre"), { href: address(node.id) }));
    if (!node.opened) {
      const button = element("button", this.words.text("expand"), { type: "button", class: "small" });
      button.addEventListener("click", () => this.on.open(node.id));
      row.append(button);
    }
    return row;
  }
}
