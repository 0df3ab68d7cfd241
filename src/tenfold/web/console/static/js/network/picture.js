// The picture of a network: a sheet with everything on it, and above it one with what somebody points at.
import { colours, lineOf, lookOf } from "./looks.js";
import { Names, paintLines, paintMarks, paintRing } from "./painting.js";
import { Sheet } from "./sheet.js";

const MARGIN = 0.3; // of the sheet, on each side of the box
const FEW = 30; // nodes that can all be named
const MANY = 1000; // ties from which on thin ones are as thin as can be
const NAMED = 7; // pixels of a node that is named of itself
const ROOM = 0.2; // of the box that nodes may take at most
const LARGEST = 2.2; // times its size that a node becomes when one comes near
const SMALLEST = 0.6;

export class Picture {
  // `marks` by the id of a node: where it stands; `lines` by the id of a tie: the marks at its ends.
  constructor(box, { network, camera, marks, lines }) {
    Object.assign(this, { network, camera, marks, lines });
    this.colours = colours();
    this.sheet = new Sheet(box, MARGIN);
    this.above = new Sheet(box, 0);
  }

  resize(width, height) {
    for (const sheet of [this.sheet, this.above]) sheet.resize(width, height);
  }

  recolour() {
    this.colours = colours();
  }

  // Everything. `seen`: what is focused, what is near to it, found, chosen.
  paint(seen) {
    const times = this.times();
    for (const [id, mark] of this.marks) {
      mark.look = lookOf(this.network.nodes.get(id), mark, seen, times, this.colours);
    }
    const view = this.sheet.begin(this.camera);
    this.paintTies(view, seen);
    const marks = [...this.marks.values()];
    paintMarks(view, marks.filter((mark) => mark.look.out), this.colours.surface);
    const shown = marks.filter((mark) => !mark.look.out);
    paintMarks(view, shown, this.colours.surface);
    this.writeNames(new Names(view, this.style()), shown, seen);
  }

  // How large nodes are drawn: smaller where many stand, larger where one comes near.
  times() {
    const { width, height } = this.camera;
    let area = 0;
    for (const { size } of this.marks.values()) area += Math.PI * size * size;
    const crowd = Math.min(1, Math.sqrt((ROOM * width * height) / area));
    return crowd * Math.min(LARGEST, Math.max(SMALLEST, Math.sqrt(this.camera.closeness)));
  }

  paintTies(view, seen) {
    const thin = this.lines.size > MANY ? 1 : Math.max(1, 0.8 * view.ratio);
    const alike = new Map();
    for (const { edge, from, to } of this.lines.values()) {
      const look = lineOf(edge, seen, this.colours);
      if (!look) continue;
      const width = look.width * view.ratio || thin;
      const key = `${look.width ? 1 : 0} ${look.colour} ${width}`;
      if (!alike.has(key)) alike.set(key, { ...look, width, lines: [] });
      alike.get(key).lines.push([from, to]);
    }
    for (const [, { lines, colour, width }] of [...alike].sort(([a], [b]) => (a < b ? -1 : 1))) {
      paintLines(view, lines, colour, width);
    }
  }

  writeNames(names, shown, { focused, found, chosen }) {
    const sure = (id) =>
      chosen.has(id) || (found && found.size < FEW) || (this.network.nodes.get(id).start && !focused);
    for (const mark of shown) {
      if (sure(mark.id)) names.surely(mark);
      if (this.network.nodes.get(mark.id).closed) names.keep(mark);
    }
    const large = shown.filter((mark) => !sure(mark.id) && (mark.look.radius >= NAMED || this.marks.size < FEW));
    for (const mark of large.sort((a, b) => b.size - a.size)) names.perhaps(mark);
  }

  style() {
    const { ink, muted, surface } = this.colours;
    return { ink, muted, surface, font: getComputedStyle(document.body).fontFamily, rtl: document.documentElement.dir === "rtl" };
  }

  // What is focused or pointed at, above the rest.
  light(seen, pointed) {
    const view = this.above.begin(this.camera);
    this.above.show(this.camera);
    for (const id of new Set([seen.focused, pointed])) {
      const mark = this.marks.get(id);
      if (!mark) continue;
      const ties = this.network.around.get(id).map((edge) => this.lines.get(edge.id));
      const plain = ties.filter(({ edge }) => edge.kind !== "link" && lineOf(edge, seen, this.colours));
      paintLines(view, plain.map(({ from, to }) => [from, to]), this.colours["line-strong"], view.ratio);
      paintMarks(view, [...plain.flatMap(({ from, to }) => [from, to]), mark], this.colours.surface);
      paintRing(view, mark, this.colours.focus);
      if (mark.look.label) new Names(view, this.style()).surely(mark, { boxed: true });
    }
  }
}
