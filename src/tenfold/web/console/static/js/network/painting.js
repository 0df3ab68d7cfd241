// Lines, nodes and names as they are painted on a sheet. A view (see Sheet.begin) says where units of the graph lie
// on it, in pixels of the screen's own; a mark is a node with its place and looks.
import { Stamps } from "./shapes.js";

const AT_ONCE = 64; // lines in one stroke: many more, and what they cross costs more than they do
const HIGH = 18; // pixels of a name with the room around it
const CELL = 60; // pixels of a part of the picture in which names are looked for
const NAMES = 60; // at most in one picture, but for those that have to be there

const stamps = new Stamps();

const across = (view, { x }) => x * view.scale + view.across;
const down = (view, { y }) => y * view.scale + view.down;

// Straight lines between marks, of one colour and width (of the screen's own pixels).
export function paintLines(view, lines, colour, width) {
  const { context } = view;
  context.strokeStyle = colour;
  context.lineWidth = width;
  let waiting = 0;
  context.beginPath();
  for (const [from, to] of lines) {
    const [x, y, toX, toY] = [across(view, from), down(view, from), across(view, to), down(view, to)];
    if (Math.max(x, toX) < 0 || Math.min(x, toX) > view.width) continue;
    if (Math.max(y, toY) < 0 || Math.min(y, toY) > view.height) continue;
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    waiting += 1;
    if (waiting < AT_ONCE) continue;
    context.stroke();
    context.beginPath();
    waiting = 0;
  }
  context.stroke();
}

export function paintMarks(view, marks, ground) {
  const { context, ratio } = view;
  for (const mark of marks) {
    const stamp = stamps.of(mark.shape, mark.look.colour, mark.look.radius * ratio, ground);
    const x = Math.round(across(view, mark) - stamp.width / 2);
    const y = Math.round(down(view, mark) - stamp.height / 2);
    if (x + stamp.width < 0 || y + stamp.height < 0 || x > view.width || y > view.height) continue;
    context.drawImage(stamp, x, y);
  }
}

// Names beside their marks. `style`: font, direction, colours.
export class Names {
  constructor(view, style) {
    Object.assign(this, { view, style, taken: new Map(), count: 0 });
    view.context.direction = style.rtl ? "rtl" : "ltr";
    view.context.textAlign = "start";
  }

  // Where a name would stand, in pixels of the screen.
  room(mark, text, weight) {
    const { context, ratio } = this.view;
    context.font = `${weight} ${13 * ratio}px ${this.style.font}`;
    const wide = context.measureText(text).width + 6 * ratio;
    const gap = (mark.look.radius + 2) * ratio;
    const x = across(this.view, mark);
    const left = this.style.rtl ? x - gap - wide : x + gap;
    const top = down(this.view, mark) - (HIGH * ratio) / 2;
    return { left, top, right: left + wide, bottom: top + HIGH * ratio };
  }

  // Writes it if there is room for it.
  perhaps(mark) {
    if (this.count >= NAMES) return;
    const room = this.room(mark, mark.look.label, 450);
    if (room.right < 0 || room.bottom < 0 || room.left > this.view.width || room.top > this.view.height) return;
    const cells = [...this.cells(room)];
    for (const cell of cells) {
      for (const other of this.taken.get(cell) ?? []) {
        const apart = room.right < other.left || room.left > other.right;
        if (!apart && room.bottom > other.top && room.top < other.bottom) return;
      }
    }
    this.write(mark, room, 450, this.style.muted, 0.8);
    this.take(room);
    this.count += 1;
  }

  // Writes it whatever is there.
  surely(mark, { boxed = false } = {}) {
    const weight = boxed ? 600 : 450;
    const room = this.room(mark, mark.look.label, weight);
    this.write(mark, room, weight, boxed ? this.style.ink : this.style.muted, boxed ? 1 : 0.8);
    this.take(room);
  }

  // No name that need not be there covers this mark.
  keep(mark) {
    const [x, y] = [across(this.view, mark), down(this.view, mark)];
    const reach = mark.look.radius * this.view.ratio;
    this.take({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach });
  }

  take(room) {
    for (const cell of this.cells(room)) this.taken.set(cell, [...(this.taken.get(cell) ?? []), room]);
  }

  *cells({ left, top, right, bottom }) {
    const size = CELL * this.view.ratio;
    for (let x = Math.floor(left / size); x <= right / size; x += 1) {
      for (let y = Math.floor(top / size); y <= bottom / size; y += 1) yield `${x} ${y}`;
    }
  }

  write(mark, { left, top, right, bottom }, weight, colour, cover) {
    const { context, ratio } = this.view;
    context.globalAlpha = cover;
    context.fillStyle = this.style.surface;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(mark.look.label, this.style.rtl ? right - 3 * ratio : left + 3 * ratio, top + 13.3 * ratio);
  }
}

export function paintRing(view, mark, colour) {
  const { context, ratio } = view;
  context.beginPath();
  context.arc(across(view, mark), down(view, mark), (mark.look.radius + 3) * ratio, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = 2.5 * ratio;
  context.stroke();
}
