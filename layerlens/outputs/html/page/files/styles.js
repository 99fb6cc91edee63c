// How layers, packages and changes are drawn, as words.js says it of classes of bytes.

import { h } from "../dom.js";
import { SHADE } from "../treemap/palette.js";
import { BARS, DOTS, PLAIN, STRIPES } from "../words.js";

const PATTERNS = [PLAIN, STRIPES, DOTS, BARS];
const HUES = 8;

/** The k-th of any number of things: eight hues, four patterns, then darker ones. */
function ordinal(k) {
  return {
    colour: `--c${1 + (k % HUES)}`,
    pattern: PATTERNS[Math.floor(k / HUES) % PATTERNS.length],
    shade: Math.floor(k / (HUES * PATTERNS.length)) % 4,
  };
}

/** Layers: those of the base in greys, yours each in its own way. */
export function layerStyles(layers) {
  let bases = 0;
  let yours = 0;
  return layers.map((layer) => {
    const label = `layer ${layer.index}${layer.base ? " (base)" : ""}`;
    if (!layer.base) return { label, ...ordinal(yours++) };
    const k = bases++;
    return {
      label,
      colour: "--base",
      pattern: PATTERNS[Math.floor(k / 3) % PATTERNS.length],
      shade: k % 3,
    };
  });
}

/** Packages by their bytes: the largest in plain hues, others as their names say. */
export function packageStyles(rows, bytes) {
  const order = Array.from(rows.keys()).sort((a, b) => bytes[b] - bytes[a] || a - b);
  const rank = new Map(order.map((at, k) => [at, k]));
  return rows.map((row, at) => {
    const label = row.version ? `${row.name} ${row.version}` : row.name;
    const k = rank.get(at);
    if (k < HUES) return { label, ...ordinal(k) };
    return { label, ...ordinal(HUES + (hash(row.name) % (HUES * 3))) };
  });
}

/** The same number for the same text, whatever else there is. */
function hash(text) {
  let sum = 0x811c9dc5; // FNV-1a
  for (let at = 0; at < Math.min(text.length, 200); at += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return sum;
}

/** What a layer did to a path, in words: by the names of tree.py's CHANGES. */
export const CHANGES = {
  added: { label: "added", colour: "--c1" },
  content: { label: "content changed", colour: "--c2" },
  metadata: { label: "metadata changed", colour: "--c4" },
  type: { label: "type changed", colour: "--c5" },
  unchanged: { label: "written again as it was", colour: "--c8" },
  marker: { label: "in a marker", colour: "--c7" },
  shadowed: { label: "twice in one layer", colour: "--c3" },
  ignored: { label: "never placed", colour: "--base" },
};

const ENDS = [
  { label: "", pattern: PLAIN },
  { label: ", replaced later", pattern: BARS },
  { label: ", removed later", pattern: STRIPES },
];

/** Three styles for each change: it stays, is replaced later, is removed later. */
export function changeStyles(changes) {
  return changes.flatMap((word) => {
    const { label, colour } = CHANGES[word] ?? { label: word, colour: "--base" };
    return ENDS.map((end) => ({ label: label + end.label, colour, pattern: end.pattern }));
  });
}

/** A small square in a style, to stand before its label. */
export function mark(style) {
  let made = marks.get(style);
  if (!made) {
    const { colour, pattern, shade = 0 } = style;
    const of = shade
      ? `color-mix(in srgb, var(${colour}), var(--ink) ${shade * SHADE * 100}%)`
      : `var(${colour})`;
    made = h("span", { class: `swatch ${pattern}`, style: { "--of": of }, "aria-hidden": "true" });
    marks.set(style, made);
  }
  return made.cloneNode();
}
/** One of each style, to be copied: a table has hundreds. */
const marks = new WeakMap();
