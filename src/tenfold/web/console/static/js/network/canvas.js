// The graph: where its nodes stand, what hands do to it, when it is painted.
import { Camera } from "./camera.js";
import { shapeOf } from "./data.js";
import { Gestures } from "./gestures.js";
import { placeAround, rings, settle } from "./layout.js";
import { sizeOf } from "./looks.js";
import { Picture } from "./picture.js";

const REST = 140; // milliseconds without a zoom before all is painted anew
const UNSEEN = { radius: 0, label: "" };
const TOUCH = 4; // pixels beside a node that still touch it

export function canDraw() {
  return Boolean(document.createElement("canvas").getContext("2d"));
}

export class Canvas {
  constructor(box, network, { workerAddress, on }) {
    Object.assign(this, { box, network, workerAddress, on, boxing: false });
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.marks = new Map(); // by the id of a node: where it stands and how it looks
    this.lines = new Map(); // by the id of a tie: the marks at its ends
    this.seen = { focused: null, near: new Set(), found: null, chosen: network.chosen };
    this.pointed = null;
    this.wanted = new Set();
    this.camera = new Camera(() => this.want("show"));
    this.picture = new Picture(box, this);
    this.add([...network.nodes.keys()]);
    new ResizeObserver(() => this.resize()).observe(box);
    this.resize();
    this.listen();
  }

  // New nodes stand around the one that was opened.
  add(ids, opened) {
    const around = this.marks.get(opened);
    const first = around ? null : rings(ids, (id) => this.network.neighbours(id));
    ids.forEach((id, index) => {
      const shape = shapeOf(this.network.nodes.get(id));
      this.marks.set(id, { id, shape, look: UNSEEN, ...(first?.get(id) ?? placeAround(around, index)) });
    });
    for (const [id, mark] of this.marks) {
      mark.size = sizeOf(this.network.nodes.get(id), this.network.around.get(id).length);
    }
    for (const edge of this.network.edges.values()) {
      if (this.lines.has(edge.id)) continue;
      const [from, to] = [this.marks.get(edge.source), this.marks.get(edge.target)];
      this.lines.set(edge.id, { edge, from, to, weight: edge.weight });
    }
    this.moved();
  }

  settle(done) {
    this.stop?.();
    const moved = () => this.moved();
    const [marks, lines] = [[...this.marks.values()], [...this.lines.values()]];
    this.stop = settle(marks, lines, this.workerAddress, { still: this.still, moved, done });
  }

  // Nodes stand elsewhere.
  moved() {
    const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
    for (const { x, y } of this.marks.values()) {
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y);
    }
    this.camera.bound(bounds);
    this.want("paint");
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width || !height) return;
    this.picture.resize(width, height);
    this.camera.resize(width, height);
    this.want("paint");
  }

  // `show`: one looks elsewhere; `light`: something else is pointed at; `paint`: everything looks different.
  want(what) {
    if (!this.wanted.size) requestAnimationFrame(() => this.frame());
    this.wanted.add(what);
  }

  frame() {
    const { camera, picture, wanted } = this;
    const { sheet } = picture;
    this.wanted = new Set();
    const nearer = sheet.painted && sheet.painted.scale !== camera.scale;
    if (wanted.has("paint") || !sheet.covers(camera)) this.paint();
    else if (nearer) this.later();
    sheet.show(camera);
    picture.light(this.seen, this.pointed);
  }

  // Paints all anew when nobody has zoomed for a moment: until then the picture is stretched.
  later() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.want("paint"), REST);
  }

  paint() {
    clearTimeout(this.resting);
    this.picture.paint(this.seen);
  }

  // What hands do

  listen() {
    const { on, camera } = this;
    const id = (at) => this.at(at)?.id ?? null;
    this.gestures = new Gestures(this.box, {
      boxing: () => this.boxing,
      on: {
        drag: (across, down) => camera.drag(across, down),
        zoom: (times, at) => camera.zoom(times, at),
        hover: (at) => this.hover(at && id(at)),
        press: (at) => {
          this.pressed = id(at);
          on.focus(this.pressed);
        },
        // The first press of two moves the graph: the second may come down beside the node.
        open: () => this.pressed && on.open(this.pressed),
        boxed: (low, high) => on.box(this.inside(low, high)),
      },
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.picture.recolour();
      this.want("paint");
    });
  }

  hover(id) {
    if (id === this.hovered) return;
    this.hovered = id;
    this.box.style.cursor = id ? "pointer" : "";
    this.on.point(id);
  }

  // The mark at a place of the box, the nearest if there are several.
  at(place) {
    let [nearest, least] = [null, Infinity];
    for (const mark of this.marks.values()) {
      const { x, y } = this.camera.toScreen(mark);
      const away = Math.hypot(x - place.x, y - place.y);
      if (away <= mark.look.radius + TOUCH && away < least) [nearest, least] = [mark, away];
    }
    return nearest;
  }

  inside(low, high) {
    const within = ({ x, y }) => x >= low.x && x <= high.x && y >= low.y && y <= high.y;
    return [...this.marks.values()].filter((mark) => within(this.camera.toScreen(mark))).map(({ id }) => id);
  }

  // What the page asks for

  // Lights up one node with its ties, for as long as somebody points at it.
  point(id) {
    if (id === this.pointed) return;
    this.pointed = id;
    this.want("light");
  }

  // Leaves only one node with its neighbours, until something else is focused.
  focus(id) {
    if (id !== this.seen.focused) {
      this.seen.focused = id;
      this.seen.near = new Set(id ? this.network.neighbours(id) : []);
      this.want("paint");
    }
    if (!id) return;
    const { x, y } = this.marks.get(id);
    const scale = Math.max(this.camera.scale, this.camera.fit().scale / 0.6);
    this.camera.go({ x, y, scale }, this.still ? 0 : 250);
  }

  find(ids) {
    this.seen.found = ids;
    this.want("paint");
  }

  chosenChanged() {
    this.want("paint");
  }

  zoom(how) {
    const { camera, still } = this;
    const times = { closer: 1.5, fewer: 1 / 1.5 }[how];
    const to = times ? { x: camera.x, y: camera.y, scale: camera.scale * times } : { ...camera.fit(), whole: true };
    camera.go(to, still ? 0 : 200);
  }
}
