// A treemap that can be looked at, pointed at and walked through by keys.
//
// The canvas is an "application": arrow keys go to the rectangle that lies in their
// direction, which no role with items knows.  What is reached is said in a live region;
// the same figures stand in a table beside it.

import { h } from "../dom.js";
import { cellAt, layout } from "./layout.js";
import { paint } from "./painter.js";
import { Palette } from "./palette.js";
import { tooltip } from "./tooltip.js";
import { neighbour } from "./walk.js";

/**
 * Make a treemap.  `on` is told what the reader does: open(node) (go into a directory),
 * pick(node) (look at a file), up(), home(), focus(node); `tell(cell)` gives what a
 * tooltip holds and `say(cell)` what is read out.
 *
 * Gives {element, canvas, show(scene, focus)}.  A scene is {root, weight(node),
 * children(node), folder(node), style(cell), label(cell), size(cell), dim(cell), lit}, and
 * perhaps `weights`: where this and the root are what they were, so are the rectangles.
 */
export function treemap({ label, help, on, tell, say }) {
  const state = { scene: null, cells: [], laid: null, focused: null, pointed: null, width: 0, height: 0 };
  const canvas = h("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": label,
    "aria-roledescription": "treemap",
    "aria-describedby": "treemap-help",
  });
  const ring = h("div", { class: "ring focus", hidden: true });
  const hover = h("div", { class: "ring hover", hidden: true });
  const live = h("p", { class: "unseen", role: "status" });
  const tip = tooltip();
  const element = h(
    "div",
    { class: "treemap" },
    canvas,
    hover,
    ring,
    tip.element,
    live,
    h("p", { class: "unseen", id: "treemap-help" }, help),
  );
  const context = canvas.getContext("2d");
  let palette = null;

  /** Take the measures of the element anew: the browser lays out the page for that. */
  function measured() {
    const { width, height } = state;
    state.width = Math.floor(element.clientWidth);
    state.height = Math.floor(element.clientHeight);
    return state.width !== width || state.height !== height;
  }

  function draw() {
    const { scene, width, height } = state;
    if (!scene || !element.isConnected) return;
    const ratio = devicePixelRatio || 1;
    if (palette?.ratio !== ratio) palette = new Palette(context, ratio);
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    // To give a canvas a size is to make a new one.
    if (canvas.width !== across) canvas.width = across;
    if (canvas.height !== down) canvas.height = down;
    const laid = { root: scene.root, weights: scene.weights, width, height };
    const same = laid.weights && state.laid && Object.keys(laid).every((key) => laid[key] === state.laid[key]);
    if (!same) state.cells = layout(scene, scene.root, width, height);
    state.laid = laid;
    paint(context, state.cells, palette, scene);
    if (state.focused !== null) outline(ring, cellOf(state.focused));
    point(null);
  }

  function cellOf(node) {
    return state.cells.find((cell) => cell.node === node && !cell.rest && cell.level > 0) ?? null;
  }

  function outline(box, cell) {
    box.hidden = !cell;
    if (!cell) return;
    const measures = { left: cell.x, top: cell.y, width: cell.w, height: cell.h };
    for (const [name, value] of Object.entries(measures)) box.style.setProperty(name, `${value}px`);
  }

  function inWindow({ x, y, w, h: high }) {
    const at = canvas.getBoundingClientRect();
    return { left: at.left + x, top: at.top + y, right: at.left + x + w, bottom: at.top + y + high };
  }

  // ------------------------------------------------------------------------ the pointer

  function point(cell) {
    if (state.pointed === cell) return;
    state.pointed = cell;
    outline(hover, cell && cell.level > 0 ? cell : null);
    if (!cell) tip.hide();
  }

  function under(event) {
    const at = canvas.getBoundingClientRect();
    return cellAt(state.cells, event.clientX - at.left, event.clientY - at.top);
  }

  canvas.addEventListener("pointermove", (event) => {
    const cell = under(event);
    const { clientX: x, clientY: y } = event;
    // What it says is made once for each cell, however much the pointer trembles.
    const content = cell && cell !== state.pointed ? tell(cell) : null;
    point(cell);
    if (cell) tip.show(content, { left: x, right: x, top: y, bottom: y });
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) => {
    const cell = under(event);
    if (!cell) return;
    if (cell.level === 0) {
      if (!cell.open || event.offsetY < cell.strip) on.up();
    } else activate(cell);
  });

  /** Go into a directory (what is too small to see lies in one), or look at a file. */
  function activate(cell) {
    if (state.scene.folder(cell.node)) {
      if (cell.node !== state.scene.root) on.open(cell.node);
    } else on.pick(cell.node);
  }

  // --------------------------------------------------------------------------- the keys

  function reach(cell) {
    state.focused = cell ? cell.node : null;
    outline(ring, cell);
    hover.hidden = true;
    on.focus(state.focused);
    if (!cell) return;
    live.textContent = say(cell);
    tip.show(tell(cell), inWindow(cell));
  }

  /** Where the arrow keys may lead: cells as deep as `level`, and those that end before it. */
  function walkable(level = 1) {
    return state.cells.filter(
      (cell) => !cell.rest && (cell.level === level || (cell.level > 0 && cell.level < level && !cell.open)),
    );
  }

  /** The largest of what is drawn in a cell; the end of a chain is passed through. */
  function inner(cell) {
    const into = cell.chain.at(-1) ?? cell;
    return state.cells.find((each) => each.parent === into && !each.rest) ?? null;
  }

  /** The cell that a cell lies in, unless that is the whole; the start of a chain stands for it. */
  function outer(cell) {
    const head = state.cells.find((each) => each.chain.includes(cell.parent)) ?? cell.parent;
    return head.level > 0 ? head : null;
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const now = state.focused === null ? null : cellOf(state.focused);
    if (event.key.startsWith("Arrow")) {
      const next = now ? neighbour(walkable(now.level), now, event.key) : walkable()[0];
      if (next) reach(next);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      const next = now && (event.key === "PageDown" ? inner(now) : outer(now));
      if (next) reach(next);
    } else if (event.key === "Enter") {
      if (now) activate(now);
    } else if (event.key === "Escape" && tip.visible) tip.hide();
    else if (event.key === "Escape" || event.key === "Backspace") on.up();
    else if (event.key === "Home") on.home();
    else return false;
    return true;
  }

  canvas.addEventListener("keydown", (event) => {
    if (pressed(event)) event.preventDefault();
  });
  canvas.addEventListener("focus", () => {
    // A click focuses, too; only who came by keys is led somewhere.
    if (!canvas.matches(":focus-visible")) return;
    reach((state.focused !== null && cellOf(state.focused)) || walkable()[0] || null);
  });
  canvas.addEventListener("blur", () => {
    ring.hidden = true;
    tip.hide();
  });
  window.addEventListener("scroll", () => tip.hide(), { passive: true });

  // ------------------------------------------------------------------------- the canvas

  window.addEventListener("themechange", () => {
    palette = null;
    draw();
  });
  new ResizeObserver(() => measured() && draw()).observe(element);

  return {
    element,
    canvas,
    /** Draw a scene; `focus` is the node to stand on where the keys are in the map. */
    show(scene, focus = null) {
      state.scene = scene;
      state.focused = focus;
      // Later on its observer says when the measures are others.
      if (!state.width || !state.height) measured();
      draw();
      if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
        reach((focus !== null && cellOf(focus)) || walkable()[0] || null);
      } else outline(ring, null);
    },
  };
}
