// Where nodes stand: a spiral to begin with, the same each time, then ForceAtlas2 in a worker.

const PER_NODE = 10; // x, y, four forces, mass, convergence, size, fixed
const ROUNDS = 300;
const EACH = 10; // rounds between two pictures
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

export function place(index, around) {
  const { x, y } = around ?? { x: 0, y: 0 };
  const radius = around ? 1 + Math.sqrt(index) : 10 * Math.sqrt(index);
  return { x: x + radius * Math.cos(index * GOLDEN), y: y + radius * Math.sin(index * GOLDEN) };
}

function matrices(graph) {
  const offset = new Map();
  const nodes = new Float32Array(graph.order * PER_NODE);
  graph.forEachNode((id, at) => {
    const start = offset.size * PER_NODE;
    offset.set(id, start);
    nodes.set([at.x, at.y, 0, 0, 0, 0, 1, 1, at.size, 0], start);
  });
  const edges = [];
  graph.forEachEdge((_, { weight }, source, target) => {
    const ends = [offset.get(source), offset.get(target)];
    edges.push(...ends, weight);
    for (const end of ends) nodes[end + 6] += weight;
  });
  return { nodes, edges: new Float32Array(edges) };
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

// Resolves when everything stands still. `still`: only the last picture is shown.
export function settle(graph, address, { still, rounds = ROUNDS }) {
  if (graph.order < 2) return { done: Promise.resolve(), stop: () => {} };
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
  const done = new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (graph.order === order && (data.done || !still)) move(graph, data.nodes);
      if (data.done) {
        worker.terminate();
        resolve();
      }
    });
    worker.addEventListener("error", reject);
  });
  worker.postMessage({ ...matrices(graph), settings, rounds, each: EACH });
  return { done, stop: () => worker.terminate() };
}
