// Nodes as shapes, so that colour is never all that tells them apart: a disc is a closed account, a ring an open
// one, a square a group, a diamond what accounts share in public, a triangle what they share in secret.

const FULL = 2 * Math.PI;

const OUTLINES = {
  disc: (path, r) => path.arc(0, 0, r, 0, FULL),
  ring: (path, r) => {
    path.arc(0, 0, r, 0, FULL);
    path.arc(0, 0, r * 0.56, 0, FULL, true);
  },
  square: (path, r) => path.rect(-0.84 * r, -0.84 * r, 1.68 * r, 1.68 * r),
  diamond: (path, r) => polygon(path, [0, -r, r, 0, 0, r, -r, 0]),
  triangle: (path, r) => polygon(path, [0, -0.95 * r, 1.05 * r, 0.85 * r, -1.05 * r, 0.85 * r]),
};

function polygon(path, corners) {
  for (let at = 0; at < corners.length; at += 2) path.lineTo(corners[at], corners[at + 1]);
  path.closePath();
}

// Each shape in each colour and size is drawn once and then copied.
export class Stamps {
  constructor() {
    this.made = new Map();
  }

  // The shape with its middle in the middle of a small canvas. `radius` in pixels of the screen's own.
  of(shape, colour, radius, ground) {
    const size = Math.max(1, Math.round(radius * 2) / 2);
    const key = `${shape} ${colour} ${size} ${ground}`;
    let stamp = this.made.get(key);
    if (!stamp) {
      stamp = this.draw(shape, colour, size, ground);
      this.made.set(key, stamp);
    }
    return stamp;
  }

  draw(shape, colour, radius, ground) {
    const half = Math.ceil(radius * 1.1) + 1;
    const stamp = Object.assign(document.createElement("canvas"), { width: 2 * half, height: 2 * half });
    const context = stamp.getContext("2d", { willReadFrequently: true });
    context.translate(half, half);
    if (shape === "ring") {
      context.fillStyle = ground; // what lies behind an open account does not shine through
      context.beginPath();
      context.arc(0, 0, radius * 0.8, 0, FULL);
      context.fill();
    }
    context.fillStyle = colour;
    context.beginPath();
    OUTLINES[shape](context, radius);
    context.fill();
    return stamp;
  }
}
