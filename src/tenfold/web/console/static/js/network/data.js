// The network as the server told it, and as it grows when nodes are opened: nodes, edges, what is chosen.

export class Network {
  constructor(limit) {
    this.limit = limit;
    this.nodes = new Map();
    this.edges = new Map();
    this.chosen = new Set();
    this.around = new Map(); // of each node its edges
  }

  // Takes in what was told; returns the ids of new nodes. Those for which there is no room are left out.
  add({ nodes, edges }) {
    const fresh = [];
    for (const node of nodes) {
      const known = this.nodes.get(node.id);
      if (!known && this.nodes.size >= this.limit) continue;
      if (!known) fresh.push(node.id);
      // Of a node that was there already its name and facts stay, but for what opening it has shown.
      if (!known || node.opened) this.nodes.set(node.id, { ...node, start: known ? known.start : node.start });
    }
    for (const edge of edges) {
      if (this.edges.has(edge.id) || !this.nodes.has(edge.source) || !this.nodes.has(edge.target)) continue;
      this.edges.set(edge.id, edge);
      for (const end of [edge.source, edge.target]) {
        if (!this.around.has(end)) this.around.set(end, []);
        this.around.get(end).push(edge);
      }
    }
    return fresh;
  }

  ties(id) {
    const weight = (edge) => edge.weight + (edge.kind === "link" ? 1 : 0);
    return [...(this.around.get(id) ?? [])].sort((a, b) => weight(b) - weight(a));
  }

  neighbours(id) {
    return (this.around.get(id) ?? []).map((edge) => (edge.source === id ? edge.target : edge.source));
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

  fits(id, text) {
    const { label, title, kind_name: kind } = this.nodes.get(id);
    const bare = (words) => words.normalize("NFKC").toLowerCase().replace(/[\u2066-\u2069@]/g, "");
    return [label, title, kind, id.slice(id.indexOf(":") + 1)].some((words) => bare(words).includes(bare(text)));
  }
}
