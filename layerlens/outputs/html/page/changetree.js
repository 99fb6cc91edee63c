// Changes as a tree whose directories open (WAI-ARIA, treegrid pattern).  Lines are made when
// their directory is opened, some hundred at a time.

import { add, h } from "./dom.js";
import { CHANGED } from "./layerchanges.js";
import { moreButton } from "./more.js";
import { hashOf } from "./route.js";
import { clipped, count, counted, size } from "./shown.js";

const PIECE = 200;

/** A match of no more lines than this is opened as far as it goes. */
const MOST_OPENED = 60;

/** Longer paths lead nowhere: the link alone would be heavier than the line. */
const MOST_LINKED = 4096;

/** Letters that are typed one after the other within this time are one word. */
const TYPING = 700;

/** How each kind of change is marked and said. */
const WORDS = {
  added: { sign: "+", word: "added" },
  content: { sign: "~", word: "content" },
  metadata: { sign: "~", word: "metadata" },
  type: { sign: "~", word: "type" },
  removed: { sign: "\u2212", word: "removed" },
};

/**
 * Make a tree of changes; `label` says of what.
 *
 * Gives {element, show(selection, {order, scope, open})}: a Selection of layerchanges.js,
 * "size" or "name", the layer whose files a path leads to, and whether all lines are opened
 * where they are few.
 */
export function changeTree(label) {
  const state = { selection: null, order: "size", scope: 0, current: null, typed: "", at: 0 };
  const lines = new WeakMap(); // row -> {item, level, siblings, laid, parent}
  const body = h("div", { role: "rowgroup" });
  const heads = ["Path", "Change", "Ships", "Takes away", "Files inside"];
  const grid = h(
    "div",
    { role: "treegrid", class: "changetree", "aria-label": label },
    h(
      "div",
      { role: "rowgroup" },
      h(
        "div",
        { role: "row", class: "heads" },
        heads.map((text, at) => h("span", { role: "columnheader", class: at > 1 && "number" }, text)),
      ),
    ),
    body,
  );
  const nothing = h("p", { class: "faint", hidden: true }, "No change is like that.");
  body.addEventListener("keydown", press);
  body.addEventListener("click", (event) => {
    const row = event.target.closest('[role="row"]');
    if (!row) return;
    point(row, event.target.closest("a, button") === null);
    if (event.target.closest("button")) more(row);
    else if (!event.target.closest("a")) toggle(row);
  });
  body.addEventListener("focusin", (event) => point(event.target.closest('[role="row"]'), false));

  // ------------------------------------------------------------------------------- rows

  function rowOf(item, level, siblings, at, parent) {
    const { selection } = state;
    const opens = selection.opens(item);
    const sums = selection.sums(item);
    const kind = item.own < 0 ? null : CHANGED[selection.kinds[item.own]];
    const row = h(
      "div",
      {
        role: "row",
        class: kind ? `change ${kind}` : "change",
        tabindex: "-1",
        "aria-level": String(level),
        "aria-setsize": String(siblings),
        "aria-posinset": String(at + 1),
        "aria-expanded": opens && "false",
        style: { "--level": String(level) },
      },
      h(
        "span",
        { role: "gridcell", class: "name" },
        h("span", { class: "twist", "aria-hidden": "true" }),
        nameOf(item, kind, opens),
      ),
      h("span", { role: "gridcell", class: "what" }, kind && whatOf(item, kind)),
      h("span", { role: "gridcell", class: "number" }, (sums.ships > 0 || !sums.removed) && size(sums.ships)),
      h("span", { role: "gridcell", class: "number" }, sums.takes > 0 && `\u2212${size(sums.takes)}`),
      h("span", { role: "gridcell", class: "number inside" }, opens && inside(sums)),
    );
    lines.set(row, { item, level, parent, children: null, laid: 0 });
    return row;
  }

  function nameOf(item, kind, opens) {
    const { tree } = state.selection;
    const record = item.own < 0 ? -1 : state.selection.records[item.own];
    const type = record < 0 ? "dir" : tree.kinds[tree.kind[record]];
    const names = [];
    for (let node = item.node; ; node = tree.parent[node]) {
      names.unshift(tree.label(node));
      if (node === item.top) break;
    }
    const folded = tree.folded.get(record);
    let text = folded ? `(${counted(folded, "small file")})` : clipped(names.join("/"), 300);
    if (type === "dir" || opens) text += "/";
    const path = tree.path(item.node);
    const target = tree.targets.get(record);
    const link =
      path.length > MOST_LINKED
        ? h("span", { class: "path" }, text)
        : h(
            "a",
            {
              class: "path",
              tabindex: "-1",
              href: hashOf("files", {
                at: path.replace(/\/$/, ""),
                of: kind === "removed" ? "all" : String(state.scope),
              }),
            },
            text,
          );
    const said =
      target !== undefined
        ? ` \u2192 ${clipped(target, 200)}`
        : ["file", "dir"].includes(type)
          ? ""
          : ` (${type})`;
    return said ? [link, h("span", { class: "faint" }, said)] : link;
  }

  function whatOf(item, kind) {
    const { sign, word } = WORDS[kind];
    const detail = kind === "added" || kind === "removed" ? "" : differences(item.own, kind);
    return [
      h("span", { class: "sign", "aria-hidden": "true" }, sign),
      h("span", {}, word),
      detail && h("span", { class: "faint detail" }, detail),
    ];
  }

  /** What is another in a version than in the one below it. */
  function differences(own, kind) {
    const { tree } = state.selection;
    const now = state.selection.records[own];
    const was = state.selection.before(own);
    if (was < 0) return "";
    const found = [];
    if (kind === "type") return arrow(tree.kinds[tree.kind[was]], tree.kinds[tree.kind[now]]);
    const [from, to] = [tree.ownership(was), tree.ownership(now)];
    if (from.octal !== to.octal) found.push(arrow(from.octal, to.octal));
    if (from.owner !== to.owner) found.push(arrow(from.owner, to.owner));
    if (kind === "content" && tree.size[was] !== tree.size[now]) found.push(`was ${size(tree.size[was])}`);
    if (kind === "metadata" && !found.length) found.push("time or attributes");
    return found.join(", ");
  }

  function moreRow(parent, level) {
    const line = lines.get(parent) ?? state.top;
    const left = line.children.length - line.laid;
    const row = h(
      "div",
      {
        role: "row",
        class: "change more-row",
        tabindex: "-1",
        "aria-level": String(level),
        style: { "--level": String(level) },
      },
      h(
        "span",
        { role: "gridcell", class: "name" },
        moreButton(PIECE, left, { tabindex: "-1" }),
      ),
    );
    lines.set(row, { item: null, level, parent, more: line });
    return row;
  }

  /** Lay out the next lines of a directory after `last`. */
  function lay(line, parent, level, last) {
    const until = Math.min(line.children.length, line.laid + PIECE);
    const piece = document.createDocumentFragment();
    for (let at = line.laid; at < until; at += 1) {
      piece.append(rowOf(line.children[at], level, line.children.length, at, parent));
    }
    const first = piece.firstChild;
    line.laid = until;
    if (until < line.children.length) piece.append(moreRow(parent, level));
    if (last) last.after(piece);
    else body.append(piece);
    return first;
  }

  function more(row) {
    const { more: line, parent, level } = lines.get(row);
    const first = lay(line, parent, level, row);
    row.remove();
    point(first, true);
  }

  const isOpen = (row) => row.getAttribute("aria-expanded") === "true";

  function open(row) {
    const line = lines.get(row);
    if (row.getAttribute("aria-expanded") !== "false") return;
    line.children ??= state.selection.children(line.item, state.order);
    line.laid = 0;
    row.setAttribute("aria-expanded", "true");
    lay(line, row, line.level + 1, row);
  }

  function close(row) {
    const { level } = lines.get(row);
    row.setAttribute("aria-expanded", "false");
    while (row.nextSibling && lines.get(row.nextSibling).level > level) row.nextSibling.remove();
  }

  function toggle(row) {
    if (isOpen(row)) close(row);
    else open(row);
  }

  // --------------------------------------------------------------------------- keyboard

  /** Make a row the one that Tab reaches. */
  function point(row, focus) {
    if (!row) return;
    if (state.current !== row) {
      tabbed(state.current, "-1");
      tabbed(row, "0");
      state.current = row;
    }
    if (focus) row.focus();
  }

  function tabbed(row, value) {
    if (!row) return;
    row.setAttribute("tabindex", value);
    row.querySelector("a, button")?.setAttribute("tabindex", value);
  }

  function press(event) {
    const row = event.target.closest('[role="row"]');
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const line = lines.get(row);
    const inLink = event.target !== row;
    let to = null;
    if (event.key.length !== 1) state.typed = "";
    if (event.key === "ArrowDown") to = row.nextSibling;
    else if (event.key === "ArrowUp") to = row.previousSibling;
    else if (event.key === "Home") to = body.firstChild;
    else if (event.key === "End") to = body.lastChild;
    else if (event.key === "PageDown" || event.key === "PageUp") {
      to = row;
      const next = event.key === "PageDown" ? "nextSibling" : "previousSibling";
      for (let step = 0; step < 10 && to[next]; step += 1) to = to[next];
    } else if (event.key === "ArrowRight") {
      if (isOpen(row)) to = row.nextSibling;
      else if (line.item) open(row);
    } else if (event.key === "ArrowLeft") {
      if (isOpen(row)) close(row);
      else to = line.parent;
    } else if ((event.key === "Enter" || event.key === " ") && !inLink) {
      if (!line.item) more(row);
      else if (row.hasAttribute("aria-expanded")) toggle(row);
      else if (event.key === "Enter") row.querySelector("a")?.click();
    } else if (event.key.length === 1 && event.key !== " ") to = typed(event, row);
    else return;
    event.preventDefault();
    point(to, true);
  }

  /** The next row whose name begins with what is being typed. */
  function typed(event, row) {
    state.typed = event.timeStamp - state.at < TYPING ? state.typed + event.key : event.key;
    state.typed = state.typed.toLowerCase();
    state.at = event.timeStamp;
    // The same letter again and again goes from one name to the next.
    const again = [...state.typed].every((char) => char === state.typed[0]);
    const sought = again ? state.typed[0] : state.typed;
    const from = again ? 1 : 0;
    const rows = Array.from(body.children);
    const at = rows.indexOf(row);
    for (let step = from; step < rows.length + from; step += 1) {
      const other = rows[(at + step) % rows.length];
      if (other.querySelector(".path")?.textContent.toLowerCase().startsWith(sought)) return other;
    }
    return null;
  }

  return {
    element: h("div", {}, grid, nothing),
    show(selection, { order = "size", scope = 0, open: opened = false } = {}) {
      Object.assign(state, { selection, order, scope, current: null });
      body.replaceChildren();
      const root = selection.root;
      state.top = { children: selection.children(root, order), laid: 0 };
      grid.hidden = !selection.size;
      nothing.hidden = selection.size > 0;
      if (!selection.size) return;
      lay(state.top, null, 1, null);
      if (state.top.children.length === 1) open(body.firstChild);
      if (opened && selection.size <= MOST_OPENED) {
        for (let row = body.firstChild; row; row = row.nextSibling) open(row);
      }
      point(body.firstChild, false);
    },
  };
}

function arrow(from, to) {
  return `${from} \u2192 ${to}`;
}

/** Numbers of files below a directory: `+8,402 ~2 −1`. */
function inside({ added, modified, removed }) {
  const parts = [
    [added, "+", "added"],
    [modified, "~", "modified"],
    [removed, "\u2212", "removed"],
  ];
  return parts
    .filter(([files]) => files)
    .map(([files, sign, word], at) =>
      add(h("span", { title: `${count(files)} ${word}` }), [at ? " " : "", sign, count(files)]),
    );
}
