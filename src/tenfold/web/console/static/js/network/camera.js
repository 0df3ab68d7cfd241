// Where one looks: the point of the graph that is in the middle, and how many pixels one of its units has.

const PADDING = 44; // pixels around the whole graph
const NEAREST = 20; // times the scale at which the whole graph is seen
const FARTHEST = 1 / 3;

export class Camera {
  constructor(moved) {
    Object.assign(this, { moved, x: 0, y: 0, scale: 1, width: 1, height: 1 });
    this.bounds = { left: -1, right: 1, top: -1, bottom: 1 }; // of the graph, in its units
    this.whole = true; // nobody has moved it: it shows everything, whatever the layout does
    this.going = 0;
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    if (this.whole) this.set(this.fit());
  }

  // The graph has other bounds now.
  bound(bounds) {
    this.bounds = bounds;
    if (this.whole) this.set(this.fit());
  }

  fit() {
    const { left, right, top, bottom } = this.bounds;
    const across = Math.max(1, this.width - 2 * PADDING) / Math.max(1, right - left);
    const down = Math.max(1, this.height - 2 * PADDING) / Math.max(1, bottom - top);
    return { x: (left + right) / 2, y: (top + bottom) / 2, scale: Math.min(across, down) };
  }

  // How much nearer one is than where the whole graph is seen.
  get closeness() {
    return this.scale / this.fit().scale;
  }

  set({ x, y, scale }) {
    const { scale: fitting } = this.fit();
    this.scale = Math.min(Math.max(scale, fitting * FARTHEST), fitting * NEAREST);
    Object.assign(this, { x, y });
    this.moved();
  }

  // What a hand does ends what is under way.
  take() {
    cancelAnimationFrame(this.going);
    this.whole = false;
  }

  drag(across, down) {
    this.take();
    this.set({ x: this.x - across / this.scale, y: this.y - down / this.scale, scale: this.scale });
  }

  // So many times nearer; what is at a place of the screen stays there.
  zoom(times, at) {
    this.take();
    const held = this.toGraph(at);
    this.set({ x: this.x, y: this.y, scale: this.scale * times });
    const now = this.toGraph(at);
    this.set({ x: this.x + held.x - now.x, y: this.y + held.y - now.y, scale: this.scale });
  }

  // Goes there within so many milliseconds; at once for 0.
  go(to, milliseconds) {
    this.take();
    const from = { x: this.x, y: this.y, scale: this.scale };
    const begun = performance.now();
    const step = () => {
      const part = milliseconds ? Math.min(1, (performance.now() - begun) / milliseconds) : 1;
      const eased = 1 - (1 - part) ** 3;
      const between = (name) => from[name] + (to[name] - from[name]) * eased;
      this.set({ x: between("x"), y: between("y"), scale: between("scale") });
      if (part < 1) this.going = requestAnimationFrame(step);
      else if (to.whole) this.whole = true;
    };
    step();
  }

  toScreen({ x, y }) {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  toGraph({ x, y }) {
    return { x: (x - this.width / 2) / this.scale + this.x, y: (y - this.height / 2) / this.scale + this.y };
  }
}
