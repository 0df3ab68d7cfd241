// What is known of one node, beside the graph.

const TIES = 12; // that are told; the table has a line for each node

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function link(text, href) {
  return element("a", text, { href });
}

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
    part.append(this.ways(node), this.ties(node));
    return part;
  }

  ways(node) {
    const row = element("p", "", { class: "row small" });
    if (node.case) row.append(link(this.words.text("case").replace("{id}", node.case), `/cases/${node.case}`));
    row.append(link(this.words.text("centre"), `/networks?start=${encodeURIComponent(node.id)}`));
    if (!node.opened) {
      const button = element("button", this.words.text("expand"), { type: "button", class: "small" });
      button.addEventListener("click", () => this.on.open(node.id));
      row.append(button);
    }
    return row;
  }

  ties(node) {
    const list = element("ul", "", { class: "lines small network-ties" });
    const all = this.network.ties(node.id);
    for (const edge of all.slice(0, TIES)) {
      const out = edge.source === node.id;
      const other = this.network.nodes.get(out ? edge.target : edge.source);
      const line = element("li", `${out ? edge.words : edge.back} `);
      const to = link("", `/networks?start=${encodeURIComponent(other.id)}`);
      to.dataset.to = other.id;
      to.append(element("bdi", other.label));
      line.append(to);
      if (edge.href) line.append(" ", link(this.words.text("evidence"), edge.href));
      list.append(line);
    }
    if (all.length > TIES) list.append(element("li", this.words.text("more_ties", all.length - TIES), { class: "muted" }));
    return list;
  }
}
