// Elements, made by code.  Text only ever becomes text nodes, and goes through `shown`.

import { clipped, shown } from "./shown.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") {
      // By the object model: the policy forbids style attributes in markup.
      for (const [key, setting] of Object.entries(value)) element.style.setProperty(key, setting);
    } else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked") element[name] = value;
    else if (name === "href" && !/^(#|blob:)/.test(value)) throw new Error("links stay in the report");
    else element.setAttribute(name, value === true ? "" : shown(String(value)));
  }
  add(element, children);
  return element;
}

/** Append children: elements, texts, numbers, lists of these; null and false are left out. */
export function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else if (child instanceof Node) element.append(child);
    else element.append(document.createTextNode(shown(clipped(String(child)))));
  }
  return element;
}

/** An HTML element.  Attributes that start with `on` are listeners, `style` an object. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Put new children in place of what an element holds. */
export function replace(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/** Text of several lines, each escaped by itself, in a `pre`. */
export function block(text, attributes = {}) {
  const lines = text.split("\n").map((line) => document.createTextNode(shown(clipped(line))));
  const element = h("pre", attributes);
  lines.forEach((line, at) => element.append(at ? "\n" : "", line));
  return element;
}

/** Give an element that is not in the page an id that no other has. */
export function named(element, prefix) {
  named.last = (named.last ?? 0) + 1;
  element.id = `${prefix}-${named.last}`;
  return element;
}

/** Copy text to the clipboard; where the browser keeps that from files, by a selection. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { value: text, class: "unseen", "aria-hidden": "true" });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    focused.focus({ preventScroll: true });
  }
}
