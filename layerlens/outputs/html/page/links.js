// Links from one view to another, so that every name on the page leads to its place.

import { h } from "./dom.js";
import { hashOf } from "./route.js";

/**
 * A path that leads to its place among the files; a path that is not there leads to the
 * deepest part of it that is.  `of` is the scope: "final", "all" or the number of a layer.
 */
export function pathLink(path, { of, text = path || "/" } = {}) {
  return h("a", { class: "path", href: hashOf("files", { at: path, of }) }, text);
}

/** A layer, by its number. */
export function layerLink(index, text = `layer ${index}`) {
  return h("a", { href: hashOf("layers", { layer: String(index) }) }, text);
}

/** A finding, by its place in the document's list. */
export function findingLink(index, text) {
  return h("a", { href: hashOf("findings", { at: String(index) }) }, text);
}

/** A package, by its place in the report's list. */
export function packageLink(index, text) {
  return h("a", { href: hashOf("packages", { at: String(index) }) }, text);
}
