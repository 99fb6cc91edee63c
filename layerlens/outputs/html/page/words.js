// What the classes of bytes, changes and severities are called, and how they are drawn.

import { h } from "./dom.js";

/** Why bytes are dead, in the order of the design. */
export const CAUSES = {
  deleted: "deleted later",
  replaced: "replaced later",
  metadata: "copied for new metadata",
  opaque: "hidden by an opaque directory",
  type_changed: "replaced by another type",
  duplicate_entry: "twice in one layer",
  marker: "content in a marker",
};

const REMOVABLE = [
  "secrets", "package-caches", "dev-dependencies", "build-tools", "unneeded-packages",
  "build-leftovers", "installers", "vcs-and-editor", "logs-and-temporary", "documentation",
  "locales", "tests-and-examples", "bytecode", "debug-information", "duplicates", "other",
];

/** Patterns over a colour, so that no two neighbours are told apart by hue alone. */
export const PLAIN = "plain";
export const STRIPES = "stripes";
export const DOTS = "dots";
export const BARS = "bars";

/**
 * A row of the ledger as people read it: {label, colour, pattern}.
 *
 * `colour` names a custom property of the style sheet.  Dead bytes are striped; removable
 * ones plain, the later half of their classes dotted.
 */
export function classStyle({ kind, class: name }) {
  if (kind === "kept") return { label: "kept", colour: "--kept", pattern: PLAIN };
  if (kind === "dead") {
    const at = Object.keys(CAUSES).indexOf(name);
    return { label: CAUSES[name] ?? name, colour: `--c${DEAD_HUES[at] ?? 2}`, pattern: STRIPES };
  }
  const at = REMOVABLE.indexOf(name);
  const hue = 1 + ((at < 0 ? REMOVABLE.length : at) % 8);
  return {
    label: name.replaceAll("-", " "),
    colour: `--c${hue}`,
    pattern: at >= 8 ? DOTS : PLAIN,
  };
}
const DEAD_HUES = [2, 4, 5, 7, 1, 8, 3];

/** A small square in a style, to stand before its label. */
export function swatch({ colour, pattern }) {
  return h("span", { class: `swatch ${pattern}`, style: { "--of": `var(${colour})` }, "aria-hidden": "true" });
}

/** A swatch and what it means, side by side. */
export function labelled(style, text = style.label) {
  return h("span", { class: "labelled" }, swatch(style), text);
}

/** Severities, the worst first, and the mark that stands beside each. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"];

/** A severity as a labelled chip. */
export function severity(word) {
  return h("span", { class: `severity ${word}` }, word);
}
