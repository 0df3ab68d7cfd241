// The layout, in a worker: ForceAtlas2 (Jacomy, Venturini, Heymann, Bastian 2014), round by round.
// In: {nodes, edges, settings}, matrices as graphology-layout-forceatlas2 lays them out.
// Out: the matrix of nodes every now and then and at the end, with the number of rounds and `done`.

self.module = {};
importScripts("../../vendor/forceatlas2.js");
const iterate = self.module.exports;

const PER_NODE = 10;
const MOST = 300; // rounds
const LEAST = 20;
const PAUSE = 150; // milliseconds between two pictures
const STILL = 0.005; // of the layout's radius: when nodes move less than this in a round, it stands

// How far nodes moved on average, as a part of how far they are from the middle on average.
function moved(nodes, before) {
  let [way, radius] = [0, 0];
  for (let at = 0; at < nodes.length; at += PER_NODE) {
    way += Math.hypot(nodes[at] - before[at], nodes[at + 1] - before[at + 1]);
    radius += Math.hypot(nodes[at], nodes[at + 1]);
  }
  return radius ? way / radius : 0;
}

self.addEventListener("message", ({ data: { nodes, edges, settings } }) => {
  let shown = performance.now();
  for (let round = 1; ; round += 1) {
    const before = nodes.slice();
    iterate(settings, nodes, edges);
    const done = round === MOST || (round >= LEAST && moved(nodes, before) < STILL);
    if (done || performance.now() - shown > PAUSE) {
      self.postMessage({ nodes: nodes.slice(), round, done });
      shown = performance.now();
    }
    if (done) return;
  }
});
