// What hands do to the graph: mouse, finger and wheel as drags, zooms, presses and boxes.

const REACH = 3; // pixels that a press may move and still be one
const WHEEL = 0.0022; // how much nearer for a pixel of the wheel
const LINE = 16; // pixels of a line, for wheels that count lines

export class Gestures {
  // `on`: drag, zoom, press, open, hover, boxed. `boxing` says whether a press begins a box.
  constructor(box, { boxing, on }) {
    Object.assign(this, { box, boxing, on });
    this.held = new Map(); // pointers that are down, by id, where they are
    this.way = 0; // that they have gone
    const listen = (type, act) => box.addEventListener(type, (event) => act.call(this, event));
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    listen("pointerup", this.drop);
    listen("pointercancel", this.drop);
    listen("pointerleave", () => on.hover(null));
    listen("click", this.press);
    listen("dblclick", () => on.open());
    box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  place({ clientX, clientY }) {
    const { left, top } = this.box.getBoundingClientRect();
    return { x: clientX - left - this.box.clientLeft, y: clientY - top - this.box.clientTop };
  }

  down(event) {
    if (event.button !== 0) return;
    if (event.shiftKey || this.boxing()) {
      event.preventDefault();
      this.way = Infinity;
      this.draw(this.place(event));
      return;
    }
    if (!this.held.size) this.way = 0;
    this.held.set(event.pointerId, this.place(event));
    this.box.setPointerCapture(event.pointerId);
  }

  move(event) {
    const to = this.place(event);
    const from = this.held.get(event.pointerId);
    if (!from) {
      if (!this.framing) this.on.hover(to);
      return;
    }
    this.held.set(event.pointerId, to);
    this.way += Math.hypot(to.x - from.x, to.y - from.y);
    const other = [...this.held].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.pinch(from, to, other);
    else if (this.way > REACH) this.on.drag(to.x - from.x, to.y - from.y);
  }

  pinch(from, to, other) {
    const apart = (one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    this.on.zoom(apart(to) / apart(from), other);
  }

  // The second press of two is no other one.
  press(event) {
    if (this.way <= REACH && event.detail < 2) this.on.press(this.place(event));
  }

  drop(event) {
    this.held.delete(event.pointerId);
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? LINE : 1);
    this.on.zoom(Math.exp(-pixels * WHEEL), this.place(event));
  }

  // A frame from here to where the pointer is let go.
  draw(from) {
    const frame = document.createElement("div");
    frame.className = "network-box";
    this.box.append(frame);
    this.framing = true;
    let [low, high] = [from, from];
    const stretch = (event) => {
      const to = this.place(event);
      low = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y) };
      high = { x: Math.max(from.x, to.x), y: Math.max(from.y, to.y) };
      frame.style.translate = `${low.x}px ${low.y}px`;
      frame.style.inlineSize = `${high.x - low.x}px`;
      frame.style.blockSize = `${high.y - low.y}px`;
    };
    const end = () => {
      removeEventListener("pointermove", stretch);
      removeEventListener("pointercancel", end);
      removeEventListener("pointerup", end);
      frame.remove();
      this.framing = false;
      if (high.x - low.x > REACH || high.y - low.y > REACH) this.on.boxed(low, high);
    };
    addEventListener("pointermove", stretch);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}
