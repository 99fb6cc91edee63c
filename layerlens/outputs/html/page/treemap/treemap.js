// A treemap that can be looked at, pointed at and walked through by keys.
//
// The canvas is an "application": arrow keys go to the rectangle that lies in their
// direction, which no role with items knows.  What is reached is said in a live region;
// the same figures stand in a table beside it.

import { h } from "../dom.js";
import { shown } from "../shown.js";
import { cellAt, layout } from "./layout.js";
import { paint } from "./painter.js";
import { Palette } from "./palette.js";
import { largest } from "./small.js";
import { tooltip } from "./tooltip.js";
import { neighbour } from "./walk.js";

/** Pixels across a ring, at least. */
const LEAST_RING = 11;

/**
 * Make a treemap.  `on` is told what the reader does: open(node) (go into a directory),
 * pick(node) (look at a file), up(), home(), focus(node), list(node) (look at it in the
 * table); `tell(cell)` gives what a tooltip holds and `say(cell)` what is read out.
 *
 * A cell of what is too small to see leads into the directory that holds it, and in that
 * directory to a map of these alone; up leads back to all of it.
 *
 * Gives {element, show(scene, focus), mark(node)}.  A scene is {root, weight(node),
 * children(node), folder(node), style(cell), label(cell), size(cell), dim(cell), lit}, and
 * perhaps `weights`: where this and the root are what they were, so are the rectangles.
 */
export function treemap({ label, help, on, tell, say }) {
  // `only`: the small ones that are drawn alone, and those they were among, outer ones first.
  const state = {
    scene: null,
    only: [],
    cells: [],
    laid: null,
    focused: null,
    marked: null,
    pointed: null,
    width: 0,
    height: 0,
  };
  const canvas = h("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": label,
    "aria-roledescription": "treemap",
    "aria-describedby": "treemap-help",
  });
  const ring = h("div", { class: "ring focus", hidden: true });
  const mark = h("div", { class: "ring mark", hidden: true });
  const hover = h("div", { class: "ring hover", hidden: true });
  const live = h("p", { class: "unseen", role: "status" });
  const tip = tooltip();
  const element = h(
    "div",
    { class: "treemap" },
    canvas,
    mark,
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
    const only = state.only.at(-1);
    const laid = { root: scene.root, weights: scene.weights, only, width, height };
    const same = laid.weights && state.laid && Object.keys(laid).every((key) => laid[key] === state.laid[key]);
    if (!same) state.cells = layout(scene, scene.root, width, height, only);
    state.laid = laid;
    paint(context, state.cells, palette, scene);
    if (!ring.hidden) outline(ring, cellOf(state.focused));
    outline(mark, cellOf(state.marked));
    point(null);
  }

  /** What is focused is {node, rest}, as cells are made anew: the same again, or null. */
  function cellOf(focused) {
    if (!focused) return null;
    const { node, rest } = focused;
    return state.cells.find((cell) => cell.node === node && cell.level > 0 && !cell.rest === !rest) ?? null;
  }

  /** A ring is never too small to be seen, whatever is in it. */
  function outline(box, cell) {
    box.hidden = !cell;
    if (!cell) return;
    const [width, height] = [Math.max(cell.w, LEAST_RING), Math.max(cell.h, LEAST_RING)];
    const measures = {
      left: Math.min(cell.x, state.width - width),
      top: Math.min(cell.y, state.height - height),
      width,
      height,
    };
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
      if (!cell.open || event.offsetY < cell.strip) up();
    } else activate(cell);
    // A finger points at nothing: what it touched is told until the page moves.
    if (event.pointerType === "touch" && state.cells.includes(cell)) {
      point(cell);
      tip.show(tell(cell), inWindow(cell));
    }
  });

  /** Go into a directory, look at a file, or look at what is too small to see. */
  function activate(cell) {
    if (cell.rest && cell.node === state.scene.root) alone(cell);
    else if (state.scene.folder(cell.node)) on.open(cell.node);
    else on.pick(cell.node);
  }

  /** Draw the small ones of the directory alone; those that would be too small again are listed. */
  function alone({ small }) {
    const drawn = state.cells.some((cell) => cell.level === 1 && !cell.rest);
    if (!drawn) {
      on.list(largest(small, state.scene.weight, 1)[0]);
      return;
    }
    state.only.push(small);
    within(null);
    if (!ring.hidden) live.textContent = `${shown(say(state.cells[0]))} ${live.textContent}`;
  }

  function up() {
    if (!state.only.length) {
      on.up();
      return;
    }
    state.only.pop();
    within({ node: state.scene.root, rest: true });
  }

  /** Draw some of the directory, and stand on one of it where the keys are in the map. */
  function within(focused) {
    state.focused = focused;
    draw();
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
      reach(cellOf(focused) ?? walkable()[0] ?? null);
    } else outline(ring, null);
  }

  // --------------------------------------------------------------------------- the keys

  function reach(cell) {
    state.focused = cell && { node: cell.node, rest: cell.rest > 0 };
    outline(ring, cell);
    hover.hidden = true;
    on.focus(cell && cell.node);
    if (!cell) return;
    live.textContent = shown(say(cell));
    tip.show(tell(cell), inWindow(cell));
  }

  /** Where the arrow keys may lead: cells as deep as `level`, and those that end before it. */
  function walkable(level = 1) {
    return state.cells.filter(
      (cell) => cell.level === level || (cell.level > 0 && cell.level < level && !cell.open),
    );
  }

  /** The largest of what is drawn in a cell; the end of a chain is passed through. */
  function inner(cell) {
    const into = cell.chain.at(-1) ?? cell;
    return state.cells.find((each) => each.parent === into) ?? null;
  }

  /** The last of those beside a cell: what is too small to see, else the smallest. */
  function smallest(cell) {
    return state.cells.findLast((each) => each.parent === cell.parent);
  }

  /** The cell that a cell lies in, unless that is the whole; the start of a chain stands for it. */
  function outer(cell) {
    const head = state.cells.find((each) => each.chain.includes(cell.parent)) ?? cell.parent;
    return head.level > 0 ? head : null;
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const now = cellOf(state.focused);
    if (event.key.startsWith("Arrow")) {
      const next = now ? neighbour(walkable(now.level), now, event.key) : walkable()[0];
      if (next) reach(next);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      const next = now && (event.key === "PageDown" ? inner(now) : outer(now));
      if (next) reach(next);
    } else if (event.key === "End") {
      if (now) reach(smallest(now));
    } else if (event.key === "Enter") {
      if (now) activate(now);
    } else if (event.key === "Escape" && tip.visible) tip.hide();
    else if (event.key === "Escape" || event.key === "Backspace") up();
    else if (event.key === "Home") {
      if (state.only.length) {
        state.only = [];
        within(null);
      }
      on.home();
    } else return false;
    return true;
  }

  canvas.addEventListener("keydown", (event) => {
    if (pressed(event)) event.preventDefault();
  });
  canvas.addEventListener("focus", () => {
    // A click focuses, too; only who came by keys is led somewhere.
    if (!canvas.matches(":focus-visible")) return;
    reach(cellOf(state.focused) ?? walkable()[0] ?? null);
  });
  canvas.addEventListener("blur", () => {
    ring.hidden = true;
    tip.hide();
  });
  window.addEventListener("scroll", () => tip.hide(), { passive: true });

  // ------------------------------------------------------------------------- the canvas

  window.addEventListener("themechange", () => {
    palette = null;
    // Paper is of another width, and nothing observes that in time.
    measured();
    draw();
  });
  new ResizeObserver(() => measured() && draw()).observe(element);

  return {
    element,
    /** Draw a scene; `focus` is the node to stand on where the keys are in the map. */
    show(scene, focus = null) {
      state.scene = scene;
      state.only = [];
      // Later on its observer says when the measures are others.
      if (!state.width || !state.height) measured();
      within(focus === null ? null : { node: focus, rest: false });
    },
    /** Have a line around what is looked at; null: around nothing. */
    mark(node) {
      state.marked = node === null ? null : { node, rest: false };
      outline(mark, cellOf(state.marked));
    },
  };
}
