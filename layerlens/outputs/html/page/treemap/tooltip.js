// A box beside the pointer or the focused rectangle, which never lies over it.

import { h, replace } from "../dom.js";

const GAP = 12;

/**
 * {element, show(content, target), hide(), visible}: `content` null leaves what stands in it,
 * `target` is a rectangle in the window.
 */
export function tooltip() {
  const element = h("div", { class: "tooltip", role: "tooltip", hidden: true });
  return {
    element,
    get visible() {
      return !element.hidden;
    },
    show(content, target) {
      if (content) replace(element, content);
      element.hidden = false;
      const { x, y } = placed(target, element.offsetWidth, element.offsetHeight);
      element.style.setProperty("left", `${x}px`);
      element.style.setProperty("top", `${y}px`);
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** Beside a rectangle where there is room: right, left, below, above; in the window always. */
function placed(
  target,
  width,
  height,
  across = document.documentElement.clientWidth,
  down = innerHeight,
) {
  const inside = (value, most) => Math.max(4, Math.min(value, most - 4));
  const besides = inside(target.top, down - height);
  const along = inside(target.left, across - width);
  if (target.right + GAP + width <= across) return { x: target.right + GAP, y: besides };
  if (target.left - GAP - width >= 0) return { x: target.left - GAP - width, y: besides };
  if (target.bottom + GAP + height <= down) return { x: along, y: target.bottom + GAP };
  if (target.top - GAP - height >= 0) return { x: along, y: target.top - GAP - height };
  // It fills the window: what is covered then is the corner that says the least.
  return { x: across - width - 4, y: inside(target.bottom - height - 4, down - height) };
}
