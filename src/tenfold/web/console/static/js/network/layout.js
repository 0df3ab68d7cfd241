// Where nodes stand: rings around the start to begin with, at once and the same each time, then ForceAtlas2 in a
// worker until little moves.

const PER_NODE = 10; // x, y, four forces, mass, convergence, size, fixed
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const GOLDEN_PART = (Math.sqrt(5) - 1) / 2;
const APART = 10; // units that a node has to itself

// Places around a node that was opened.
export function placeAround({ x, y }, index) {
  const radius = APART / 10 + Math.sqrt(index);
  return { x: x + radius * Math.cos(index * GOLDEN_ANGLE), y: y + radius * Math.sin(index * GOLDEN_ANGLE) };
}

// Places for all: a ring for each step away from the first node, wide enough for those that stand in it; whoever
// was found through somebody stands in that one's sector. What nothing ties to the first stands outermost.
export function rings(ids, neighbours) {
  const [order, found] = walked(ids, neighbours);
  const leaves = new Map(order.map((id) => [id, 0]));
  for (const id of [...order].reverse()) {
    const own = leaves.get(id) || 1;
    leaves.set(id, own);
    const { from } = found.get(id);
    if (from !== null) leaves.set(from, leaves.get(from) + own);
  }
  const roots = order.filter((id) => found.get(id).from === null);
  const all = roots.reduce((sum, id) => sum + leaves.get(id), 0);
  const next = new Map([[null, 0]]); // of each node where the sector of its next child begins
  const inner = innerRadii(order, found);
  const places = new Map();
  order.forEach((id, index) => {
    const { from, step } = found.get(id);
    const begin = next.get(from);
    const width = (2 * Math.PI * leaves.get(id)) / all;
    next.set(from, begin + width);
    next.set(id, begin);
    const [low, high] = inner[step];
    const radius = step ? low + (high - low) * ((index * GOLDEN_PART) % 1) : low;
    const angle = begin + width / 2;
    places.set(id, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
  });
  return places;
}

// Nodes in the order of a walk through the ties, and of each from whom and in how many steps it was found.
function walked(ids, neighbours) {
  const found = new Map();
  const order = [];
  let outermost = 0;
  for (const start of ids) {
    if (found.has(start)) continue;
    found.set(start, { from: null, step: order.length ? outermost + 1 : 0 });
    order.push(start);
    for (let at = order.length - 1; at < order.length; at += 1) {
      const { step } = found.get(order[at]);
      for (const other of neighbours(order[at])) {
        if (found.has(other)) continue;
        found.set(other, { from: order[at], step: step + 1 });
        order.push(other);
      }
    }
    if (!outermost) outermost = Math.max(...order.map((id) => found.get(id).step));
  }
  return [order, found];
}

// Of each ring where it begins and ends: every node has the same area.
function innerRadii(order, found) {
  const counts = [];
  for (const id of order) counts[found.get(id).step] = (counts[found.get(id).step] ?? 0) + 1;
  let within = 0;
  return Array.from(counts, (count = 0) => {
    const low = APART * Math.sqrt(within);
    within += count;
    return [low, APART * Math.sqrt(within)];
  });
}

// Matrices as the iteration wants them. `marks` have x, y and size, `lines` the marks at their ends and a weight.
function matrices(marks, lines) {
  const offset = new Map(marks.map((mark, index) => [mark, index * PER_NODE]));
  const nodes = new Float32Array(marks.length * PER_NODE);
  for (const mark of marks) nodes.set([mark.x, mark.y, 0, 0, 0, 0, 1, 1, mark.size, 0], offset.get(mark));
  const edges = new Float32Array(lines.length * 3);
  lines.forEach(({ from, to, weight }, place) => {
    const ends = [offset.get(from), offset.get(to)];
    edges.set([...ends, weight], place * 3);
    for (const end of ends) nodes[end + 6] += weight;
  });
  return { nodes, edges };
}

// Lets the marks move until they stand still. `still`: only the last picture is shown. `moved` is called when they
// have moved, `done` at the end with the number of rounds. Returns what stops it.
export function settle(marks, lines, address, { still, moved, done }) {
  if (marks.length < 2) {
    done(0);
    return () => {};
  }
  const worker = new Worker(address);
  const settings = {
    linLogMode: false,
    outboundAttractionDistribution: false,
    adjustSizes: false,
    edgeWeightInfluence: 1,
    scalingRatio: 10,
    strongGravityMode: true,
    gravity: 0.05,
    slowDown: 1 + Math.log(marks.length),
    barnesHutOptimize: marks.length > 300,
    barnesHutTheta: 0.6,
  };
  worker.addEventListener("message", ({ data }) => {
    if (data.done || !still) {
      marks.forEach((mark, index) => {
        mark.x = data.nodes[index * PER_NODE];
        mark.y = data.nodes[index * PER_NODE + 1];
      });
      moved();
    }
    if (!data.done) return;
    worker.terminate();
    done(data.round);
  });
  worker.postMessage({ ...matrices(marks, lines), settings });
  return () => worker.terminate();
}
