// CSV that no spreadsheet runs and no terminal obeys: the rules of layerlens/outputs/csv_cells.py.

import { shown } from "../shown.js";

// Where a word may begin; Python's idea of it, which is not JavaScript's.
const SPACE = "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
// What the logs of CI jobs obey; see layerlens/outputs/display.py.
const COLON_COMMAND = new RegExp(
  `(^|[${SPACE}])::(?=(?:add-mask|add-matcher|add-path|debug|echo|end-?group|error|group|notice` +
    "|save-state|internal-set-repo-path|remove-matcher|set-env|set-output|stop-commands|warning)" +
    "(?![\\p{L}\\p{N}_]))",
  "giu",
);
const HASH_COMMAND = /##(vso)?\[/g;
const SIGN = "[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]";
const FORMULA = new RegExp(`^\\s*${SIGN}`, "u");
const AFTER_SEPARATOR = new RegExp(`;(?=[\\s"]*${SIGN})`, "gu");

/** A text as a cell: hidden characters escaped, an apostrophe before a formula. */
export function textCell(text) {
  let cell = text;
  if (cell.includes("::")) cell = cell.replace(COLON_COMMAND, "$1\\x3a:");
  if (cell.includes("##")) {
    cell = cell.replace(HASH_COMMAND, (_, vso = "") => `#\\x23${vso}[`);
  }
  cell = shown(cell);
  if (cell.includes(";")) cell = cell.replace(AFTER_SEPARATOR, ";'");
  return FORMULA.test(cell) ? "'" + cell : cell;
}

/** A name as two cells: itself, and base64 of its bytes where the first is not exact. */
export function nameCells({ text, bytes }) {
  const cell = textCell(text);
  return [cell, bytes === null && cell === text ? "" : btoa(bytes ?? bytesOf(text))];
}

/** The UTF-8 of a text as a string of one character for each byte, which sorts as bytes do. */
export function bytesOf(text) {
  if (!/[^\0-\x7f]/.test(text)) return text;
  let found = "";
  for (const byte of new TextEncoder().encode(text)) found += String.fromCharCode(byte);
  return found;
}

/**
 * RFC 4180 in pieces of text: heads, then rows; lines end in CR LF, quotes only where needed.
 *
 * What is null or undefined is an empty cell, yes and no stand for true and false; texts
 * are written as they are, so those of strangers come from `textCell`.
 */
export function* csv(heads, rows) {
  let lines = [heads.join(",")];
  for (const row of rows) {
    lines.push(row.map(cell).join(","));
    if (lines.length === PIECE) {
      yield lines.join("\r\n") + "\r\n";
      lines = [];
    }
  }
  if (lines.length) yield lines.join("\r\n") + "\r\n";
}
const PIECE = 5000;

function cell(value) {
  if (value === null || value === undefined) return "";
  if (value === true) return "yes";
  if (value === false) return "no";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
