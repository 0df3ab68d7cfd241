// The network as the server told it, and as it grows when nodes are opened: nodes, edges, what is chosen.

const PEOPLE = new Set(["account", "group"]);
const TOKENS = new Set(["email", "phone", "device", "address", "network"]);
const DONE = new Set(["closed", "deleted"]);

export function shapeOf({ kind, closed }) {
  if (kind === "account") return closed ? "disc" : "ring";
  if (kind === "group") return "square";
  return TOKENS.has(kind) ? "triangle" : "diamond";
}

export function isToken({ kind }) {
  return TOKENS.has(kind);
}

// Whether somebody could decide about it: an account or group that is there.
export function decidable({ kind, known, closed, standing }) {
  return PEOPLE.has(kind) && Boolean(known) && !closed && !DONE.has(standing);
}

function bare(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[\u2066-\u2069@]/g, "");
}

// Columns as the server packs them, one object each.
function unpacked({ texts, nodes: columns, edges }) {
  const said = (column) => column.map((place) => texts[place]);
  const worded = { ...columns };
  for (const name of ["kind", "kind_name", "standing", "standing_name", "more"]) worded[name] = said(columns[name]);
  for (const name of ["facts", "association"]) worded[name] = columns[name].map(said);
  const names = Object.keys(worded);
  const nodes = columns.id.map((_, row) => Object.fromEntries(names.map((name) => [name, worded[name][row]])));
  return {
    nodes,
    edges: edges.source.map((end, row) => {
      const [source, target, kind] = [columns.id[end], columns.id[edges.target[row]], texts[edges.kind[row]]];
      return {
        id: `${kind}|${source}|${target}`,
        source,
        target,
        kind,
        mark: texts[edges.mark[row]],
        weight: edges.weight[row],
        words: texts[edges.words[row]],
        back: texts[edges.back[row]],
        href: texts[edges.href[row]],
      };
    }),
  };
}

export class Network {
  constructor(limit) {
    this.limit = limit;
    this.nodes = new Map();
    this.edges = new Map();
    this.chosen = new Set();
    this.around = new Map(); // of each node its edges
    this.findable = new Map(); // of each node what a search looks at
  }

  // Takes in what was told; returns the ids of new nodes, and whether some were left out for want of room.
  add(told) {
    const { nodes, edges } = unpacked(told);
    const fresh = [];
    let full = false;
    for (const node of nodes) {
      const known = this.nodes.get(node.id);
      if (!known && this.nodes.size >= this.limit) {
        full = true;
        continue;
      }
      if (!known) {
        fresh.push(node.id);
        const { id, label, title, kind_name: kind } = node;
        this.findable.set(id, [label, title, kind, id.slice(id.indexOf(":") + 1)].map(bare));
        this.around.set(id, []);
      }
      // Of a node that was there already its name and facts stay, but for what opening it has shown.
      if (!known || node.opened) this.nodes.set(node.id, { ...node, start: known ? known.start : node.start });
    }
    for (const edge of edges) {
      if (this.edges.has(edge.id) || !this.nodes.has(edge.source) || !this.nodes.has(edge.target)) continue;
      this.edges.set(edge.id, edge);
      for (const end of [edge.source, edge.target]) this.around.get(end).push(edge);
    }
    return { fresh, full };
  }

  ties(id) {
    const weight = (edge) => edge.weight + (edge.kind === "link" ? 1 : 0);
    return [...this.around.get(id)].sort((a, b) => weight(b) - weight(a));
  }

  // A tie as `id` tells it: what, and whom it leads to.
  told(edge, id) {
    const out = edge.source === id;
    return { words: out ? edge.words : edge.back, other: this.nodes.get(out ? edge.target : edge.source) };
  }

  neighbours(id) {
    return this.around.get(id).map((edge) => (edge.source === id ? edge.target : edge.source));
  }

  // Whom confirmed links tie to these, or (of none) everybody whom one ties.
  confirmed(ids) {
    const sure = [...this.edges.values()].filter((edge) => edge.mark === "confirmed");
    if (!ids.length) return new Set(sure.flatMap((edge) => [edge.source, edge.target]));
    const reached = new Set(ids);
    for (let size = -1; size !== reached.size; ) {
      size = reached.size;
      for (const { source, target } of sure) {
        if (reached.has(source) || reached.has(target)) reached.add(source).add(target);
      }
    }
    return reached;
  }

  // The nodes in which all of a text is found.
  fitting(text) {
    const wanted = bare(text);
    return new Set([...this.findable].filter(([, texts]) => texts.some((one) => one.includes(wanted))).map(([id]) => id));
  }
}
