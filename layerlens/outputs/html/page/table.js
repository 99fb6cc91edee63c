// A table that sorts by its columns, and lays out its rows some hundred at a time.

import { add, h, replace } from "./dom.js";
import { inOrder } from "./order.js";
import { count } from "./shown.js";

const PIECE = 200;

/** Options of a table beside a map: to lay out its rows takes longest of a zoom or a search. */
export const BESIDE_MAP = { piece: 80, seen: 25 };

/** Rows that are laid out before one that a link leads to; those above it wait for a button. */
const BEFORE_REACHED = 20;

/** On paper nothing can come later: what lays out the rows that are put off, by table. */
const owing = new Set();
let printing = false;
globalThis.addEventListener?.("beforeprint", () => {
  printing = true;
  owing.forEach((pay) => pay());
});
globalThis.addEventListener?.("afterprint", () => (printing = false));

/**
 * A column of figures, the largest first: `of` gives a row's, `write` its text (`size` or
 * `count` of shown.js).
 */
export function figures(id, title, write, of) {
  return { id, title, number: true, first: "down", cell: (row) => write(of(row)), sort: of };
}

/**
 * Make a table.
 *
 * `columns`: {id, title, cell(row) -> node, text or list of these, sort(row) -> number or
 * text (none: does not sort), number (aligned to the right), first ("down" where the
 * largest is wanted first), header (true for the column that names a row), class, help,
 * total(rows) (what stands below the column, if any column has a total)}.
 * `rows`: any values.  `caption` says what it shows.  `sorted`: {id, down} to begin with;
 * `onsort(sorted)` is told when the reader sorts.  `onrow(row, element)` may add to a row.
 * `empty` is said where there are no rows.  `piece` rows are laid out at a time; where that is
 * told, the first `seen` of them at once, and the others when these have been painted.
 *
 * Gives {element, show(rows, {sorted, pinned}), reach(row), enter(row), sorted}: `sorted` sorts
 * otherwise from now on, `pinned` are rows that stay on top however the others are sorted;
 * `reach` lays out a row, wherever it stands in the order, and gives its element, or null
 * where it is none of the rows; `enter` goes on with the keys at its link.
 */
export function table({
  columns,
  rows,
  caption,
  sorted,
  onsort,
  onrow,
  empty = "Nothing here.",
  piece = PIECE,
  seen = piece,
}) {
  // `skipped` are rows before the first that is laid out; `lines` the elements of those that are;
  // `owed` are put off until what was laid out has been painted.
  const state = {
    rows, sorted: sorted ?? null, pinned: [], laid: 0, order: null, skipped: [], lines: new Map(), owed: [], waits: 0,
  };
  const body = h("tbody");
  const heads = new Map();
  const more = h("button", { type: "button", class: "more", onclick: () => showMore() });
  const status = h("p", { class: "table-end" });
  const earlier = h("button", { type: "button", class: "more", onclick: layEarlier });
  const above = h("p", { class: "table-start", hidden: true }, earlier);
  const head = h(
    "tr",
    {},
    columns.map((column) => {
      const cell = h("th", { scope: "col", class: classOf(column), title: column.help });
      if (!column.sort) cell.append(column.title);
      else {
        cell.append(h("button", { type: "button", onclick: () => sortBy(column) }, column.title));
      }
      heads.set(column.id, cell);
      return cell;
    }),
  );
  // Copies of a row are made faster than rows.
  const blank = h(
    "tr",
    {},
    columns.map((column) =>
      column.header ? h("th", { scope: "row" }) : h("td", { class: classOf(column) }),
    ),
  );
  const foot = columns.some((column) => column.total) ? h("tfoot") : null;
  const element = h(
    "div",
    { class: "table" },
    above,
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, head), body, foot),
    ),
    status,
  );

  function sortBy(column) {
    const now = state.sorted;
    const down = now?.id === column.id ? !now.down : (column.first ?? "up") === "down";
    state.sorted = { id: column.id, down };
    draw();
    onsort?.(state.sorted);
  }

  function ordered() {
    const column = state.sorted && columns.find((each) => each.id === state.sorted.id);
    if (column?.sort) {
      // Equal keys keep the order in which they came, in both directions.
      const order = inOrder(state.rows.map(column.sort), state.sorted.down);
      return (some) => order.take(some).map((at) => state.rows[at]);
    }
    let at = 0;
    return (some) => state.rows.slice(at, (at += some));
  }

  function draw(from = 0) {
    for (const [id, cell] of heads) {
      const by = state.sorted?.id === id;
      if (by) cell.setAttribute("aria-sort", state.sorted.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    state.order = ordered();
    state.skipped = state.order(from);
    state.laid = 0;
    state.lines.clear();
    body.replaceChildren();
    state.pinned.forEach((row) => body.append(made(row)));
    drawAbove();
    state.owed = [];
    lay(piece, false, printing ? piece : seen);
    if (foot) replace(foot, state.rows.length ? line((column) => column.total?.(state.rows)) : null);
    if (!state.owed.length) return;
    owing.add(pay);
    // One frame to draw, one to begin the next: what is there by then has been painted.
    state.waits ||= requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(pay)));
  }

  function line(text) {
    const cells = blank.cloneNode(true);
    let cell = cells.firstChild;
    for (const column of columns) {
      add(cell, [text(column)]);
      cell = cell.nextSibling;
    }
    return cells;
  }

  function made(row) {
    const element_ = line((column) => column.cell(row));
    onrow?.(row, element_);
    return element_;
  }

  function place(row) {
    const element_ = made(row);
    state.lines.set(row, element_);
    return element_;
  }

  function showMore() {
    pay();
    lay(piece);
  }

  /** Lay out what was put off. */
  function pay() {
    const { owed } = state;
    state.waits = 0;
    state.owed = [];
    owing.delete(pay);
    body.append(...owed.map(place));
  }

  function reach(row) {
    pay();
    if (!state.lines.has(row)) {
      const at = ordered()(state.rows.length).indexOf(row);
      if (at < 0) return null;
      const end = state.skipped.length + state.laid;
      if (at >= end && at < end + piece) lay(piece, false);
      else {
        draw(Math.max(0, at - BEFORE_REACHED));
        pay();
      }
    }
    return state.lines.get(row);
  }

  function drawAbove() {
    const left = state.skipped.length;
    above.hidden = !left;
    earlier.textContent = `Show ${count(Math.min(piece, left))} earlier of ${count(left)}`;
    earlier.dataset.left = count(left);
  }

  function layEarlier() {
    const rows_ = state.skipped.splice(-piece).map(place);
    body.rows[state.pinned.length].before(...rows_);
    state.laid += rows_.length;
    drawAbove();
    // Who pressed the button goes on with the nearest of the new rows.
    rows_.at(-1).querySelector("a, button")?.focus();
  }

  function lay(some, focus = true, now = some) {
    const had = state.laid;
    const rows_ = state.order(some);
    body.append(...rows_.slice(0, now).map(place));
    state.owed = rows_.slice(now);
    state.laid += rows_.length;
    const left = state.rows.length - state.skipped.length - state.laid;
    if (left) {
      more.textContent = `Show ${count(Math.min(piece, left))} more of ${count(left)}`;
      more.dataset.left = count(left); // said on paper
      replace(status, more);
    } else replace(status, state.rows.length ? null : empty);
    // Who pressed the button goes on with the first of the new rows.
    if (had && focus) body.rows[state.pinned.length + had].querySelector("a, button")?.focus();
  }

  draw();
  return {
    element,
    reach,
    enter: (row) => reach(row)?.querySelector("a")?.focus(),
    show(rows_, { sorted: sort, pinned = [] } = {}) {
      state.rows = rows_;
      state.pinned = pinned;
      if (sort) state.sorted = sort;
      draw();
    },
    get sorted() {
      return state.sorted;
    },
  };
}

function classOf(column) {
  return [column.number && "number", column.class].filter(Boolean).join(" ") || null;
}
