// Where the bytes are: one bar that adds up to all that ships, and its legend as a table.

import { bar } from "../bar.js";
import { h } from "../dom.js";
import { hashOf } from "../route.js";
import { count, share, size } from "../shown.js";
import { BASE, DEAD, YOURS } from "./styles.js";
import { classStyle, swatch } from "../words.js";

const KINDS = ["kept", "dead", "removable"];

/** Rows of the ledger as they are told: kept, dead, removable; each the largest first. */
function ordered(ledger) {
  return ledger
    .filter((row) => row.bytes || row.files)
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.bytes - a.bytes);
}

/** The files that a row is made of. */
function filesOf(row) {
  const only = classStyle(row).label;
  if (row.kind === "kept") return hashOf("files", { of: "final", size: "content", colour: "class", only });
  return hashOf("files", { of: row.kind === "dead" ? "all" : "final", size: "waste", colour: "class", only });
}

/** How many rows the table has. */
export function rowsOf(document) {
  return ordered(document.ledger).length;
}

/** The bar and its table; a piece and its row light up together. */
export function ledger(document) {
  const rows = ordered(document.ledger);
  const total = document.scores.total_bytes;
  if (!total) return h("p", {}, "The image ships no file content: nothing wasted.");
  const split = document.layers.some((layer) => layer.base);
  const wires = rows.some((row) => row.transfer_bytes !== null);
  const drawn = rows.filter((row) => row.bytes);
  const lines = new Map();
  const shown = bar({
    label: "All bytes that ship, by class",
    pieces: drawn.map((row) => ({
      weight: row.bytes,
      name: `${kindOf(row)}${classStyle(row).label}: ${size(row.bytes)}, ${share(row.bytes, total)}`,
      href: filesOf(row),
      style: classStyle(row),
    })),
    onat: light,
  });

  function light(at) {
    shown.light(at);
    drawn.forEach((row, each) => lines.get(row).classList.toggle("lit", each === at));
  }

  const bodies = KINDS.map((kind) => {
    const some = rows.filter((row) => row.kind === kind);
    return (
      some.length > 0 &&
      h(
        "tbody",
        {},
        some.map((row) => {
          const at = drawn.indexOf(row);
          const line = h(
            "tr",
            {
              onmouseenter: () => light(at),
              onmouseleave: () => light(-1),
              onfocusin: () => light(at),
              onfocusout: () => light(-1),
            },
            h(
              "th",
              { scope: "row" },
              swatch(classStyle(row)),
              h("span", { class: "faint" }, kindOf(row)),
              h("a", { href: filesOf(row) }, classStyle(row).label),
            ),
            figures(row, total, split, wires),
          );
          lines.set(row, line);
          return line;
        }),
      )
    );
  });
  const sum = { bytes: 0, base_bytes: 0, files: 0, transfer_bytes: wires ? 0 : null };
  for (const row of rows) {
    sum.bytes += row.bytes;
    sum.base_bytes += row.base_bytes;
    sum.files += row.files;
    if (wires) sum.transfer_bytes += row.transfer_bytes ?? 0;
  }
  const head = (text, number = true) => h("th", { scope: "col", class: number && "number" }, text);
  return [
    shown.element,
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Bytes by class" },
      h(
        "table",
        { class: "ledger" },
        h("caption", { class: "unseen" }, "Bytes by class; each byte of each layer counts once"),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            head("Class", false),
            head("Bytes"),
            head("Share"),
            wires && head("Transfer ≈"),
            split && head("Base's"),
            head("Files"),
          ),
        ),
        bodies,
        h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "total"), figures(sum, total, split, wires))),
      ),
    ),
    document.scores.dead_bytes === 0 &&
      h("p", { class: "good" }, "✓ Nothing is dead: every byte that ships is in the final filesystem."),
  ];
}

function kindOf(row) {
  return row.kind === "kept" ? "" : `${row.kind}, `;
}

function figures(row, total, split, wires) {
  const cell = (text) => h("td", { class: "number" }, text);
  return [
    cell(size(row.bytes)),
    cell(share(row.bytes, total)),
    wires && cell(row.transfer_bytes === null ? "?" : size(row.transfer_bytes)),
    split && cell(row.base_bytes ? size(row.base_bytes) : "-"),
    cell(count(row.files)),
  ];
}

/** Whose the bytes are, and what of them is dead, as a bar and in words. */
export function split({ base, layers, scores }) {
  if (!layers.some((layer) => layer.base)) return null;
  const yours = scores.total_bytes - base.bytes;
  const yoursDead = scores.dead_bytes - base.dead_bytes;
  const pieces = [
    { weight: base.bytes - base.dead_bytes, name: "base, live", style: BASE },
    { weight: base.dead_bytes, name: "base, dead", style: DEAD },
    { weight: yours - yoursDead, name: "yours, live", style: YOURS },
    { weight: yoursDead, name: "yours, dead", style: DEAD },
  ].filter((piece) => piece.weight);
  const said = (label, style, bytes, dead) =>
    h(
      "li",
      {},
      swatch(style),
      h("strong", {}, `${label} ${size(bytes)}`),
      ` (${share(bytes, scores.total_bytes)}), `,
      swatch(DEAD),
      `${size(dead)} of it dead`,
    );
  return h(
    "section",
    {},
    h("h2", {}, "Base or yours"),
    pieces.length > 0 &&
      bar({
        label: "Bytes of the base and of your layers",
        pieces: pieces.map((piece) => ({
          ...piece,
          name: `${piece.name}: ${size(piece.weight)}, ${share(piece.weight, scores.total_bytes)}`,
          href: hashOf("layers"),
        })),
      }).element,
    h(
      "ul",
      { class: "key" },
      said("base", BASE, base.bytes, base.dead_bytes),
      said("yours", YOURS, yours, yoursDead),
    ),
  );
}
