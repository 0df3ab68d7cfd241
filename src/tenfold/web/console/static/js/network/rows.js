// A line of the table for a node, after the pattern that the page carries.
import { decidable, shapeOf } from "./data.js";

const TIES = 3; // that are told in a line; the card tells more

export function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function address(id) {
  return `/networks?start=${encodeURIComponent(id)}`;
}

// Ties of a node as lines of a list, as many as `most`, then how many more there are.
export function tieLines(network, words, id, most) {
  const all = network.ties(id);
  const lines = all.slice(0, most).map((edge) => {
    const { words: said, other } = network.told(edge, id);
    const line = element("li", `${said} `);
    const to = element("a", "", { href: address(other.id), "data-to": other.id });
    to.append(element("bdi", other.label));
    line.append(to);
    if (edge.href) line.append(" ", element("a", words.text("evidence"), { href: edge.href }));
    return line;
  });
  if (all.length > most) lines.push(element("li", words.text("more_ties", { n: all.length - most }), { class: "muted" }));
  return lines;
}

export class Rows {
  constructor(pattern, network, words) {
    Object.assign(this, { pattern: pattern.content.firstElementChild, network, words });
    this.choosing = Boolean(this.pattern.querySelector("input"));
  }

  choosable(id) {
    return this.choosing && decidable(this.network.nodes.get(id));
  }

  line(id) {
    const node = this.network.nodes.get(id);
    const row = this.pattern.cloneNode(true);
    row.dataset.node = id;
    this.box(row, node);
    this.what(row, node);
    const ties = row.querySelector(".network-ties");
    ties.append(...tieLines(this.network, this.words, id, TIES));
    if (node.more) ties.append(element("li", node.more, { class: "muted" }));
    if (node.place) {
      const place = element("span", this.words.text("place", { n: node.place }), { title: node.association.join("\n") });
      row.querySelector("[data-place]").append(place);
    }
    this.ways(row, node);
    return row;
  }

  box(row, node) {
    const box = row.querySelector("input");
    if (!box) return;
    if (!decidable(node)) {
      box.remove();
      return;
    }
    box.value = node.id;
    box.checked = this.network.chosen.has(node.id);
    box.setAttribute("aria-label", this.words.text("choose", { who: node.label }));
  }

  what(row, node) {
    const link = row.querySelector(".case-link");
    link.href = address(node.id);
    link.querySelector("bdi").textContent = node.label;
    const shape = link.querySelector("svg");
    shape.classList.add(`network-${node.kind}`);
    shape.classList.toggle("network-closed", Boolean(node.closed));
    shape.querySelector("use").setAttribute("href", `#shape-${shapeOf(node)}`);
    const parts = [element("span", node.kind_name)];
    if (node.title && node.title !== node.label) parts.push(element("bdi", node.title));
    if (node.standing && node.standing !== "active") {
      parts.push(element("span", node.standing_name, { class: `standing standing-${node.standing}` }));
    }
    parts.push(...node.facts.map((fact) => element("span", fact)));
    row.querySelector(".meta").append(...parts.flatMap((part) => [part, " "]));
  }

  ways(row, node) {
    const open = row.querySelector("[data-open]");
    if (node.case) {
      open.after(" ", element("a", this.words.text("case", { id: String(node.case) }), { href: `/cases/${node.case}` }));
    }
    if (node.opened) {
      open.remove();
    } else {
      open.href = address(node.id);
      open.setAttribute("aria-label", this.words.text("expand_of", { who: node.label }));
    }
  }
}
