// The graph as a picture: sigma over graphology, coloured from the page's own custom properties.
import { isToken, shapeOf } from "./data.js";
import { placeAround, rings, settle } from "./layout.js";
import { SHAPES, shapeProgram } from "./shapes.js";

const REACH = 3; // pixels that a press may move and still be a click
const MANY = 1000; // edges from which on they are drawn plainly, and not while the camera moves
const FEW = 30; // nodes that can all be named

export function webgl() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

function look() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(
    ["ink", "muted", "line", "line-strong", "accent", "critical", "high", "medium", "low", "focus", "surface"].map(
      (name) => [name, of(name)],
    ),
  );
  return { ...colours, thin: mixed(colours["line-strong"], colours.surface, 0.45) };
}

// Between two colours of the design, both as #rrggbb.
function mixed(one, other, share) {
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `rgb(${a.map((part, place) => Math.round(part * share + b[place] * (1 - share))).join(",")})`;
}

function sizeOf({ kind, start }, ties) {
  const basic = kind === "account" ? 6 : kind === "group" ? 6 : 5;
  return basic + (start ? 5 : 0) + Math.min(4, Math.sqrt(ties) / 2);
}

export class Canvas {
  constructor(box, network, { workerAddress, on }) {
    this.box = box;
    this.network = network;
    this.workerAddress = workerAddress;
    this.on = on;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.rtl = document.documentElement.dir === "rtl";
    this.colours = look();
    this.focused = null;
    this.near = new Set(); // to what is focused
    this.pointed = null;
    this.found = null;
    this.ticked = new Set(); // as they are drawn
    this.graph = new window.graphology.Graph({ type: "directed", multi: true });
    this.add([...network.nodes.keys()]);
    this.sigma = new window.Sigma(this.graph, box, this.settings());
    this.listen();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  }

  settings() {
    const { rendering } = window.Sigma;
    const many = this.graph.size > MANY;
    return {
      defaultNodeType: "shape",
      nodeProgramClasses: { shape: shapeProgram(window.Sigma) },
      defaultEdgeType: "thick",
      edgeProgramClasses: { thin: rendering.EdgeLineProgram, thick: rendering.EdgeRectangleProgram },
      hideEdgesOnMove: many,
      hideLabelsOnMove: many,
      labelFont: getComputedStyle(document.body).fontFamily,
      labelSize: 13,
      labelDensity: 0.6,
      labelRenderedSizeThreshold: 7,
      zIndex: true,
      minCameraRatio: 0.05,
      maxCameraRatio: 3,
      stagePadding: 40,
      nodeReducer: (id, data) => this.nodeLook(id, data),
      edgeReducer: (id, data) => this.edgeLook(id, data),
      defaultDrawNodeLabel: (context, data, settings) => this.writeLabel(context, data, settings),
      defaultDrawNodeHover: (context, data, settings) => this.writeLabel(context, data, settings, true),
    };
  }

  // New nodes stand around the one that was opened.
  add(ids, opened) {
    const around = opened && this.graph.hasNode(opened) ? this.graph.getNodeAttributes(opened) : null;
    const first = around ? null : rings(ids, (id) => this.network.neighbours(id));
    ids.forEach((id, index) => {
      const node = this.network.nodes.get(id);
      this.graph.addNode(id, {
        ...(first?.get(id) ?? placeAround(around, index)),
        label: `\u2068${node.label}\u2069`,
        size: sizeOf(node, this.network.neighbours(id).length),
        shape: SHAPES[shapeOf(node)],
      });
    });
    const plain = this.network.edges.size > MANY ? "thin" : "thick";
    for (const edge of this.network.edges.values()) {
      if (!this.graph.hasEdge(edge.id)) {
        this.graph.addEdgeWithKey(edge.id, edge.source, edge.target, {
          weight: edge.weight,
          size: edge.kind === "link" ? 1.5 + 3 * edge.weight : 0.8,
          type: edge.kind === "link" ? "thick" : plain,
        });
      }
    }
    this.sigma?.refresh(); // only what sigma has taken in can be redrawn by itself
  }

  settle(done) {
    this.stop?.();
    this.stop = settle(this.graph, this.workerAddress, { still: this.still, done });
  }

  recolour() {
    this.colours = look();
    this.sigma.refresh();
  }

  nodeLook(id, data) {
    const node = this.network.nodes.get(id);
    const colours = this.colours;
    const chosen = this.network.chosen.has(id);
    const out = (this.focused && id !== this.focused && !this.near.has(id)) || (this.found && !this.found.has(id));
    let color = { account: node.closed ? colours.critical : colours.accent, group: colours.high }[node.kind];
    color ??= isToken(node) ? colours.medium : colours.low;
    const active = id === this.focused || id === this.pointed;
    const marked = active || chosen || (this.found && this.found.has(id) && this.found.size < FEW);
    return {
      ...data,
      label: chosen ? `✓ ${data.label}` : out ? "" : data.label,
      color: out && !chosen ? colours.line : chosen ? colours.focus : color,
      size: out ? data.size * 0.6 : data.size,
      forceLabel: marked || (node.start && !this.focused),
      zIndex: out ? 0 : 1,
      highlighted: active,
    };
  }

  edgeLook(id, data) {
    const { kind, mark, source, target } = this.network.edges.get(id);
    const colours = this.colours;
    let color = colours.thin;
    if (kind === "link") {
      color = { confirmed: colours.critical, likely: colours.high, denied: colours.thin }[mark] ?? colours.medium;
    }
    const at = (end) => source === end || target === end;
    const away = this.focused && !at(this.focused);
    const lit = kind !== "link" && ((this.focused && !away) || (this.pointed && at(this.pointed)));
    return { ...data, color: lit ? colours["line-strong"] : color, hidden: Boolean(away), zIndex: kind === "link" ? 1 : 0 };
  }

  writeLabel(context, data, settings, boxed = false) {
    if (!data.label) return;
    context.direction = this.rtl ? "rtl" : "ltr";
    context.textAlign = "start";
    context.font = `${boxed ? 600 : 450} ${settings.labelSize}px ${settings.labelFont}`;
    const side = this.rtl ? -1 : 1;
    const x = data.x + side * (data.size + 5);
    const wide = context.measureText(data.label).width;
    context.globalAlpha = boxed ? 1 : 0.8;
    context.fillStyle = this.colours.surface;
    context.fillRect(this.rtl ? x - wide - 3 : x - 3, data.y - 9, wide + 6, 18);
    context.globalAlpha = 1;
    context.fillStyle = boxed ? this.colours.ink : this.colours.muted;
    context.fillText(data.label, x, data.y + settings.labelSize / 3);
    if (boxed) {
      context.beginPath();
      context.arc(data.x, data.y, data.size + 3, 0, 2 * Math.PI);
      context.strokeStyle = this.colours.focus;
      context.lineWidth = 2.5;
      context.stroke();
    }
  }

  listen() {
    const { sigma, on } = this;
    // While the graph is dragged nodes pass under the pointer: nobody points at them.
    const dragged = () => sigma.getMouseCaptor().isMouseDown;
    sigma.on("enterNode", ({ node }) => dragged() || on.point(node));
    sigma.on("leaveNode", () => dragged() || on.point(null));
    sigma.on("clickNode", ({ node }) => on.focus(node));
    sigma.on("clickStage", () => on.focus(null));
    sigma.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      on.open(node);
    });
    this.box.addEventListener("pointerdown", (event) => this.beginBox(event), { capture: true });
  }

  // Lights up one node with its ties, for as long as somebody points at it.
  point(id) {
    if (id === this.pointed) return;
    const before = this.pointed;
    this.pointed = id;
    this.redraw([before, id].filter(Boolean), [before, id].flatMap((one) => this.tiesOf(one)));
  }

  // Leaves only one node with its neighbours, until something else is focused.
  focus(id) {
    if (id !== this.focused) {
      const before = this.focused;
      this.focused = id;
      const near = new Set(id ? this.network.neighbours(id) : []);
      const nodes = new Set([before, id, ...this.near, ...near].filter(Boolean));
      this.near = near;
      const raised = { raised: true };
      if (before && id) this.redraw([...nodes], [before, id].flatMap((one) => this.tiesOf(one)), raised);
      else this.redraw(this.graph.nodes(), this.graph.edges(), raised);
    }
    if (id) this.move(id);
  }

  move(id) {
    const { x, y } = this.sigma.getNodeDisplayData(id);
    const camera = this.sigma.getCamera();
    const state = { x, y, ratio: Math.min(camera.ratio, 0.6) };
    if (this.still) camera.setState(state);
    else camera.animate(state, { duration: 250 });
  }

  find(ids) {
    this.found = ids;
    this.redraw(this.graph.nodes(), []);
  }

  chosenChanged() {
    const chosen = this.network.chosen;
    const changed = [...chosen, ...this.ticked].filter((id) => chosen.has(id) !== this.ticked.has(id));
    this.ticked = new Set(chosen);
    this.redraw(changed, []);
  }

  tiesOf(id) {
    return id ? this.network.around.get(id).map((edge) => edge.id) : [];
  }

  // Only these are looked at again; `raised`: some of them may have come before or behind others.
  redraw(nodes, edges, { raised = false } = {}) {
    this.sigma.refresh({ partialGraph: { nodes, edges }, skipIndexation: !raised, schedule: true });
  }

  zoom(how) {
    const camera = this.sigma.getCamera();
    const options = { duration: this.still ? 0 : 200 };
    if (how === "closer") camera.animatedZoom(options);
    else if (how === "fewer") camera.animatedUnzoom(options);
    else camera.animatedReset(options);
  }

  // A box drawn with Shift, or while its button is pressed, chooses what it holds.
  beginBox(event) {
    if (!(event.shiftKey || this.boxing) || event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    const area = this.box.getBoundingClientRect();
    const from = { x: event.clientX - area.left, y: event.clientY - area.top };
    const frame = document.createElement("div");
    frame.className = "network-box";
    this.box.append(frame);
    let [low, high] = [from, from];
    const draw = ({ clientX, clientY }) => {
      const to = { x: clientX - area.left, y: clientY - area.top };
      low = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y) };
      high = { x: Math.max(from.x, to.x), y: Math.max(from.y, to.y) };
      frame.style.translate = `${low.x}px ${low.y}px`;
      frame.style.inlineSize = `${high.x - low.x}px`;
      frame.style.blockSize = `${high.y - low.y}px`;
    };
    const end = () => {
      removeEventListener("pointermove", draw);
      frame.remove();
      if (high.x - low.x > REACH || high.y - low.y > REACH) this.on.box(this.inside(low, high));
    };
    addEventListener("pointermove", draw);
    addEventListener("pointerup", end, { once: true });
  }

  inside(low, high) {
    return this.graph.filterNodes((_, at) => {
      const { x, y } = this.sigma.graphToViewport(at);
      return x >= low.x && x <= high.x && y >= low.y && y <= high.y;
    });
  }
}
