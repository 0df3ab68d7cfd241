// How nodes and ties look: colours from the page's own custom properties, sizes from how much ties a node.
import { isToken } from "./data.js";

const NAMES = ["ink", "muted", "line", "line-strong", "accent", "critical", "high", "medium", "low", "focus", "surface"];

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const found = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return {
    ...found,
    thin: mixed(found["line-strong"], found.surface, 0.45),
    faint: mixed(found["line-strong"], found.surface, 0.25),
  };
}

// Between two colours of the design, both as #rrggbb.
function mixed(one, other, share) {
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `rgb(${a.map((part, place) => Math.round(part * share + b[place] * (1 - share))).join(",")})`;
}

// Radius in pixels of a node with so many ties, where there is room for all.
export function sizeOf({ kind, start }, ties) {
  const basic = kind === "account" || kind === "group" ? 6 : 5;
  return basic + (start ? 5 : 0) + Math.min(4, Math.sqrt(ties) / 2);
}

// A node's colour, radius and name. `seen`: focused, near, found (ids, or null), chosen; `times`: how large all
// nodes are drawn.
export function lookOf(node, mark, seen, times, palette) {
  const { id } = node;
  const chosen = seen.chosen.has(id);
  const beside = seen.focused && id !== seen.focused && !seen.near.has(id);
  const out = Boolean(beside || (seen.found && !seen.found.has(id)));
  let colour = { account: node.closed ? palette.critical : palette.accent, group: palette.high }[node.kind];
  colour ??= isToken(node) ? palette.medium : palette.low;
  if (out) colour = palette.line;
  if (chosen) colour = palette.focus;
  const name = `\u2068${node.label}\u2069`;
  return {
    out,
    colour,
    radius: mark.size * times * (out ? 0.6 : 1),
    label: chosen ? `✓ ${name}` : out ? "" : name,
  };
}

// A tie's colour, and for links its width in pixels; null for one that is not shown.
export function lineOf({ kind, mark, source, target, weight }, { focused }, palette) {
  if (focused && source !== focused && target !== focused) return null;
  if (kind !== "link") return { colour: focused ? palette["line-strong"] : palette.faint, width: 0 };
  const colour = { confirmed: palette.critical, likely: palette.high, denied: palette.thin }[mark] ?? palette.medium;
  return { colour, width: 1.5 + 3 * weight };
}
