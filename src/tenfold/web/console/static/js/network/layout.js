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

function matrices(graph) {
  const offset = new Map();
  const nodes = new Float32Array(graph.order * PER_NODE);
  graph.forEachNode((id, at) => {
    const start = offset.size * PER_NODE;
    offset.set(id, start);
    nodes.set([at.x, at.y, 0, 0, 0, 0, 1, 1, at.size, 0], start);
  });
  const edges = new Float32Array(graph.size * 3);
  let place = 0;
  graph.forEachEdge((_, { weight }, source, target) => {
    const ends = [offset.get(source), offset.get(target)];
    edges.set([...ends, weight], place);
    place += 3;
    for (const end of ends) nodes[end + 6] += weight;
  });
  return { nodes, edges };
}

function move(graph, nodes) {
  let start = -PER_NODE;
  graph.updateEachNodeAttributes((_, at) => {
    start += PER_NODE;
    at.x = nodes[start];
    at.y = nodes[start + 1];
    return at;
  }, { attributes: ["x", "y"] });
}

// Lets the nodes move until they stand still. `still`: only the last picture is shown. `done` is called then,
// with the number of rounds. Returns what stops it.
export function settle(graph, address, { still, done }) {
  if (graph.order < 2) {
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
    slowDown: 1 + Math.log(graph.order),
    barnesHutOptimize: graph.order > 300,
    barnesHutTheta: 0.6,
  };
  const order = graph.order;
  worker.addEventListener("message", ({ data }) => {
    if (graph.order === order && (data.done || !still)) move(graph, data.nodes);
    if (!data.done) return;
    worker.terminate();
    done(data.round);
  });
  worker.postMessage({ ...matrices(graph), settings });
  return () => worker.terminate();
}
