// A drawing that is larger than the box it is seen through. While one moves about, only the box over the drawing
// moves, which costs next to nothing; it is painted anew once one has come to its edge, or stands still.

const FINEST = 2; // pixels of the screen to a pixel of the page, at most

export class Sheet {
  // `margin`: by what part of the box it is larger on each side.
  constructor(box, margin) {
    Object.assign(this, { margin, left: 0, top: 0, ratio: 1, painted: null });
    this.element = document.createElement("canvas");
    // Kept in memory and painted by the processor: thousands of thin lines are slow work for a graphics card that
    // is not there, and no work for a processor.
    this.context = this.element.getContext("2d", { willReadFrequently: true });
    box.append(this.element);
  }

  resize(width, height) {
    this.ratio = Math.min(window.devicePixelRatio || 1, FINEST);
    this.left = Math.round(width * this.margin);
    this.top = Math.round(height * this.margin);
    const [wide, high] = [width + 2 * this.left, height + 2 * this.top];
    this.element.width = Math.round(wide * this.ratio);
    this.element.height = Math.round(high * this.ratio);
    this.element.style.width = `${wide}px`;
    this.element.style.height = `${high}px`;
    this.painted = null;
  }

  // Clears it for what this camera sees; returns how units of the graph become its pixels.
  begin(camera) {
    const { context, ratio } = this;
    const { width, height } = this.element;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = camera.scale * ratio;
    this.painted = { x: camera.x, y: camera.y, scale: camera.scale };
    return {
      context,
      ratio,
      scale,
      width,
      height,
      across: (camera.width / 2 + this.left) * ratio - camera.x * scale,
      down: (camera.height / 2 + this.top) * ratio - camera.y * scale,
    };
  }

  // Moves it to where this camera sees what is painted on it.
  show(camera) {
    const { painted } = this;
    if (!painted) return;
    const times = camera.scale / painted.scale;
    const across = (painted.x - camera.x) * camera.scale + camera.width / 2 - (this.left + camera.width / 2) * times;
    const down = (painted.y - camera.y) * camera.scale + camera.height / 2 - (this.top + camera.height / 2) * times;
    this.element.style.transform = `translate(${across}px, ${down}px) scale(${times})`;
  }

  // Whether it holds all of the graph that this camera sees.
  covers(camera) {
    const { painted } = this;
    if (!painted) return false;
    const { left, right, top, bottom } = camera.bounds;
    const seen = [camera.toGraph({ x: 0, y: 0 }), camera.toGraph({ x: camera.width, y: camera.height })];
    const across = (camera.width / 2 + this.left) / painted.scale;
    const down = (camera.height / 2 + this.top) / painted.scale;
    return (
      Math.max(seen[0].x, left) >= painted.x - across &&
      Math.min(seen[1].x, right) <= painted.x + across &&
      Math.max(seen[0].y, top) >= painted.y - down &&
      Math.min(seen[1].y, bottom) <= painted.y + down
    );
  }
}
