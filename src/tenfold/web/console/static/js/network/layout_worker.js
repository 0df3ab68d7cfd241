// The layout, in a worker: ForceAtlas2 (Jacomy, Venturini, Heymann, Bastian 2014), round by round.
// In: {nodes, edges, settings, rounds, each}, matrices as graphology-layout-forceatlas2 lays them out.
// Out: the matrix of nodes after each `each` rounds and at the end, with `done`.

self.module = {};
importScripts("../../vendor/forceatlas2.js");
const iterate = self.module.exports;

self.addEventListener("message", ({ data }) => {
  const { nodes, edges, settings, rounds, each } = data;
  for (let round = 1; round <= rounds; round += 1) {
    iterate(settings, nodes, edges);
    if (round % each === 0 || round === rounds) {
      self.postMessage({ nodes: nodes.slice(), done: round === rounds });
    }
  }
});
