// The button below the first of many things; on paper, where it cannot be pressed, it counts the others.

import { h } from "./dom.js";
import { count } from "./shown.js";

/** A button that brings up to `some` of the `left` things that are not laid out. */
export function moreButton(some, left, attributes) {
  const label = `Show ${count(Math.min(some, left))} more of ${count(left)}`;
  return h("button", { type: "button", data: { left: count(left) }, ...attributes }, label);
}
