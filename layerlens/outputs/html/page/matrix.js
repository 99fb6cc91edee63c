// Dead bytes by the layer that added them and the layer that lost them, as a table.

import { h, replace } from "./dom.js";
import { brief } from "./instruction.js";
import { layerLink, pathLink } from "./links.js";
import { counted, size } from "./shown.js";
import { table } from "./table.js";
import { classStyle, labelled } from "./words.js";

/**
 * The matrix of an image.  `choose({cell, cause})` is told what the reader picks; the view
 * then calls show({cell, cause}): `cell` is "2-5", `cause` a word.
 *
 * Gives {element, show}.
 */
export function matrix(image, losses, choose) {
  const { layers, ledger, scores } = image.document;
  const causes = ledger
    .map((row, at) => ({ ...row, at }))
    .filter((row) => row.kind === "dead" && row.bytes > 0);
  const state = { cause: "", cell: "", drawn: null };
  const box = h("div", {
    class: "scroll matrix",
    tabindex: "0",
    role: "region",
    "aria-label": "Dead bytes by layers",
  });
  const panel = h("div", { class: "cell-paths", "aria-live": "polite" });
  const pick = h(
    "select",
    { onchange: (event) => choose({ cause: event.target.value, cell: "" }) },
    h("option", { value: "" }, `all causes (${size(scores.dead_bytes)})`),
    causes.map((row) => h("option", { value: row.class }, `${classStyle(row).label} (${size(row.bytes)})`)),
  );
  const element = h(
    "section",
    { "aria-labelledby": "matrix-title" },
    h("h2", { id: "matrix-title" }, "Added in one layer, lost in another"),
  );
  if (!scores.dead_bytes) {
    element.append(h("p", {}, "No bytes are dead in this image: each layer's bytes are there in the end."));
    return { element, show() {} };
  }
  element.append(
    h(
      "p",
      { class: "faint" },
      "A row is the layer that ships the bytes, a column the layer in which they were lost. " +
        "A number leads to its paths; arrow keys go from one to the next.",
    ),
    h("p", {}, h("label", {}, "Cause ", pick)),
    box,
    panel,
  );

  const rowOf = (cause) => causes.find((row) => row.class === cause)?.at ?? null;

  function draw() {
    const row = rowOf(state.cause);
    const cells = new Map();
    const added = new Map();
    const lost = new Map();
    let most = 0;
    for (const loss of losses.all()) {
      if (row !== null && loss.row !== row) continue;
      const key = `${loss.added}-${loss.lost}`;
      const cell = cells.get(key) ?? { bytes: 0, files: 0 };
      cell.bytes += loss.bytes;
      cell.files += loss.files;
      cells.set(key, cell);
      most = Math.max(most, cell.bytes);
      added.set(loss.added, (added.get(loss.added) ?? 0) + loss.bytes);
      lost.set(loss.lost, (lost.get(loss.lost) ?? 0) + loss.bytes);
    }
    const rows = Array.from(added.keys()).sort((a, b) => a - b);
    const columns = Array.from(lost.keys()).sort((a, b) => a - b);
    const total = Array.from(added.values()).reduce((sum, bytes) => sum + bytes, 0);
    // There may be 8,000 cells: they are copies, since making each by h() takes twice as long.
    const blank = h("td", { class: "number filled" }, h("button", { type: "button", tabindex: "-1" }));
    const filled = (i, j, { bytes, files }) => {
      const cell = blank.cloneNode(true);
      const [button] = cell.children;
      if (i === j) cell.classList.add("own");
      cell.style.setProperty("--part", Math.sqrt(bytes / most).toFixed(3));
      button.dataset.cell = `${i}-${j}`;
      button.title = `${i === j ? `added and lost in layer ${i}` : `added in layer ${i}, lost in layer ${j}`}: ${counted(files, "file")}`;
      button.textContent = size(bytes);
      return cell;
    };
    replace(
      box,
      h(
        "table",
        {},
        h(
          "caption",
          { class: "unseen" },
          "Dead bytes: added in the layer of the row, lost in the layer of the column",
        ),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "Added in \u2193 lost in \u2192"),
            columns.map((j) =>
              h(
                "th",
                { scope: "col", class: "number", title: brief(layers[j].instruction, 200) },
                layerLink(j),
              ),
            ),
            h("th", { scope: "col", class: "number" }, "Dead of it"),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((i) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row", title: brief(layers[i].instruction, 200) },
                layerLink(i),
                h("span", { class: "faint said" }, brief(layers[i].instruction, 32)),
              ),
              columns.map((j) => {
                const cell = cells.get(`${i}-${j}`);
                return cell ? filled(i, j, cell) : h("td", { class: i === j && "own" });
              }),
              h("td", { class: "number sum" }, size(added.get(i))),
            ),
          ),
        ),
        h(
          "tfoot",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "row" }, "Lost by it"),
            columns.map((j) => h("td", { class: "number sum" }, size(lost.get(j)))),
            h("td", { class: "number sum" }, size(total)),
          ),
        ),
      ),
    );
    state.drawn = state.cause;
    box.querySelector("button")?.setAttribute("tabindex", "0");
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ cell: button.dataset.cell, cause: state.cause });
  });
  box.addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    const to = button && neighbour(button, event.key);
    if (!to) return;
    event.preventDefault();
    reach(to);
    to.focus();
  });

  /** The button that Tab reaches. */
  function reach(button) {
    box.querySelector('button[tabindex="0"]')?.setAttribute("tabindex", "-1");
    button.setAttribute("tabindex", "0");
  }

  function list(cell) {
    const [i, j] = cell.split("-").map(Number);
    const row = rowOf(state.cause);
    const { bytes, files } = losses.cell(i, j, row);
    if (!files) {
      replace(panel);
      return;
    }
    const { tree } = image;
    const title = h(
      "h3",
      { tabindex: "-1" },
      i === j ? `Added and lost in layer ${i}` : `Added in layer ${i}, lost in layer ${j}`,
      `: ${size(bytes)} in ${counted(files, "file")}`,
    );
    const shown = table({
      columns: [
        {
          id: "path",
          title: "Path",
          header: true,
          cell: (record) => place(tree, record),
          sort: (record) => record,
        },
        {
          id: "cause",
          title: "Cause",
          cell: (record) => causeOf(tree.ledgerRow(record)),
          sort: (record) => tree.of[record],
        },
        {
          id: "bytes",
          title: "Dead bytes",
          number: true,
          first: "down",
          cell: (record) => size(tree.size[record]),
          sort: (record) => tree.size[record],
        },
      ],
      rows: losses.records(i, j, row),
      sorted: { id: "bytes", down: true },
      caption: "Paths of this cell",
    });
    const close = h(
      "button",
      {
        type: "button",
        onclick() {
          choose({ cell: "", cause: state.cause });
          box.querySelector(`[data-cell="${i}-${j}"]`)?.focus();
        },
      },
      "Close",
    );
    replace(panel, h("div", { class: "cell-head" }, title, close), shown.element);
    return title;
  }

  return {
    element,
    /** Gives the heading of the list of paths where another was opened. */
    show({ cause = "", cell = "" }) {
      const known = rowOf(cause) === null ? "" : cause;
      const other = known !== state.cause || state.drawn === null;
      state.cause = known;
      pick.value = known;
      if (other) draw();
      if (cell === state.cell && !other) return null;
      state.cell = cell;
      for (const marked of box.querySelectorAll("[aria-pressed]")) marked.removeAttribute("aria-pressed");
      if (!/^\d+-\d+$/.test(cell)) {
        replace(panel);
        return null;
      }
      const button = box.querySelector(`[data-cell="${cell}"]`);
      if (button) {
        button.setAttribute("aria-pressed", "true");
        reach(button);
      }
      return list(cell);
    },
  };
}

/** A cause as the page names it, with its mark. */
export function causeOf(row) {
  const style = classStyle(row);
  return labelled(style);
}

/** A dead file's path; where another name was the last that it lost, that one, too. */
function place(tree, record) {
  const path = tree.path(tree.node[record]);
  if (!path || tree.folded.has(record)) return tree.label(tree.node[record]);
  const other = tree.lostAt.get(record);
  return [
    path.length > 4096 ? h("span", { class: "path" }, path) : pathLink(path, { of: "all" }),
    other !== undefined && h("span", { class: "faint" }, ` (its last name: ${tree.path(tree.node[other])})`),
  ];
}

/** The next button in the direction of an arrow key; in rows and columns, the nearest. */
function neighbour(button, key) {
  const cell = button.parentElement;
  const line = cell.parentElement;
  const at = cell.cellIndex;
  if (key === "Home" || key === "End") {
    const all = line.querySelectorAll("button");
    return all[key === "Home" ? 0 : all.length - 1];
  }
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const next = key === "ArrowRight" ? "nextElementSibling" : "previousElementSibling";
    for (let other = cell[next]; other; other = other[next]) {
      if (other.querySelector("button")) return other.querySelector("button");
    }
    return null;
  }
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const next = key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
  // The nearest column of the next row that has any.
  for (let other = line[next]; other; other = other[next]) {
    const all = Array.from(other.querySelectorAll("button"));
    if (!all.length) continue;
    const far = (each) => Math.abs(each.parentElement.cellIndex - at);
    return all.reduce((best, each) => (far(each) < far(best) ? each : best));
  }
  return null;
}
