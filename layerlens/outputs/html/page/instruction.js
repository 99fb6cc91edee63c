// An instruction of a Dockerfile as people read it: keyword first, one step a line.

import { add, h, replace } from "./dom.js";
import { copyButton } from "./facts.js";
import { clipped, count, counted, shown } from "./shown.js";

/** Stands for a line break of the original; the same as in layerlens/image/history.py. */
const LINE_BREAK = "⏎";

/** What is split into lines at all; the rest of a longer text is only counted. */
const MOST_READ = 100_000;
const MOST_LINES = 1_000;

/**
 * Split a command line after `;` and before `&&`, outside quotes and parentheses, and at
 * line breaks of the original: `wrap_run` of layerlens/image/history.py.
 */
function wrapped(text) {
  const pieces = [];
  let start = 0;
  let depth = 0;
  let quote = "";
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    let cut = -1;
    let width = 1;
    if (char === LINE_BREAK) cut = at;
    else if (char === "\\" && quote !== "'") width = 2;
    else if (quote) {
      if (char === quote) quote = "";
    } else if ("'\"`".includes(char)) quote = char;
    else if (char === "(" || char === ")") depth = Math.max(0, depth + (char === "(" ? 1 : -1));
    else if (depth === 0 && text.startsWith("&&", at)) {
      cut = at;
      width = 2;
    } else if (depth === 0 && char === ";") {
      width = text.startsWith(";;", at) ? 2 : 1;
      cut = at + width;
    }
    if (cut >= 0) {
      pieces.push(text.slice(start, cut));
      start = char === LINE_BREAK ? cut + 1 : cut;
    }
    at += width;
  }
  pieces.push(text.slice(start));
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}

/** The word that an instruction starts with, where it is one of a Dockerfile's. */
export function keywordOf(text) {
  return /^[A-Z]+(?= |$)/.exec(text)?.[0] ?? "";
}

/** The lines that an instruction is shown in. */
function linesOf(text, keyword) {
  return keyword === "RUN" ? wrapped(text) : text.split(LINE_BREAK).map((line) => line.trim());
}

/** An instruction on one line, cut where it is too long for that. */
export function brief(text, most = 60) {
  const line = text.slice(0, 4 * most).replaceAll(LINE_BREAK, " ");
  return line.length > most ? line.slice(0, most - 1) + "…" : line;
}

/**
 * An instruction in lines.  Of a long one the first `lines` are laid out, and of these
 * `chars` characters; a button shows the rest.
 */
export function instruction(text, keyword, { lines: most = 4, chars = 280 } = {}) {
  const all = linesOf(text.slice(0, MOST_READ), keyword);
  const whole = all.slice(0, MOST_LINES);
  const few = [];
  let left = chars;
  for (const line of whole.slice(0, most)) {
    if (left <= 0) break;
    few.push(line.length > left ? line.slice(0, left) + "…" : line);
    left -= line.length;
  }
  const cut = few.length < whole.length || left < 0;
  const body = h("div", { class: "steps" });
  const element = h("div", { class: "instruction" }, body);
  const lay = (lines) =>
    replace(
      body,
      lines.map((line, at) => {
        const word = at === 0 && keyword && line.startsWith(keyword) ? keyword : "";
        return h("code", { class: "step" }, word && h("b", {}, word), line.slice(word.length));
      }),
    );
  lay(few);
  if (!cut) return element;
  const over = text.length - MOST_READ;
  const rest =
    over > 0
      ? `and ${count(over)} more characters`
      : all.length > MOST_LINES && `and ${counted(all.length - MOST_LINES, "more line")}`;
  const note = h("span", { class: "faint" }, rest);
  const long = all.length > few.length ? counted(all.length, "line") : counted(text.length, "character");
  const button = h("button", { type: "button", class: "more-lines", "aria-expanded": "false" }, "");
  const label = (open) => {
    button.textContent = open ? "Show less" : `Show all ${long}`;
    button.setAttribute("aria-expanded", String(open));
    note.hidden = !open || !rest;
    lay(open ? whole : few);
  };
  button.addEventListener("click", () => label(button.getAttribute("aria-expanded") === "false"));
  label(false);
  return add(element, [button, note]);
}

/** A text as it is recorded, line by line, with a button that copies all of it. */
export function raw(text, summary) {
  const lines = text.split("\n", MOST_LINES + 1);
  const cut = lines.length > MOST_LINES;
  const body = h("pre", { tabindex: "0", "aria-label": summary });
  lines.slice(0, MOST_LINES).forEach((line, at) => {
    body.append(at ? "\n" : "", document.createTextNode(shown(clipped(line))));
  });
  if (cut) body.append("\n…");
  return h("details", { class: "raw" }, h("summary", {}, summary), copyButton(text, "all of it"), body);
}
