// A fix: what can be pasted, each piece with a button that copies it, and the words beside it.

import { h } from "./dom.js";
import { copyButton } from "./facts.js";
import { clipped, shown } from "./shown.js";

/** A word from which on it may be broken: what a phone has room for. */
const LONG_WORD = 28;

/** Where the pieces of a kind go, for who would not see it; of `code` the words before say it. */
const PLACES = { dockerfile: "Dockerfile", dockerignore: ".dockerignore", code: null };

/** Words that only say where the next lines belong. */
const IGNORE = /^(Add to )?\.dockerignore:?$/;

/** Text in which what hides or turns around is an escape, as the page shows it, to be copied. */
function copied(text) {
  return text.split("\n").map(shown).join("\n");
}

/** The parts of a fix, [kind, text] each, as elements; `what` is said of what a button copies. */
export function fixParts(parts, what) {
  const codes = parts.filter(([kind]) => PLACES[kind] !== undefined).length;
  let code = 0;
  return h(
    "div",
    { class: "fix-parts" },
    parts.map(([kind, text], at) => {
      // The label of what follows says as much.
      if (kind === "prose" && IGNORE.test(text) && parts[at + 1]?.[0] === "dockerignore") return null;
      if (kind === "prose") return h("p", { class: "fix-words" }, broken(clipped(text)));
      if (kind === "before") return lines(text, "As it is now");
      code += 1;
      const of = codes > 1 ? `${what}, part ${code}` : what;
      const place = PLACES[kind];
      return h(
        "div",
        { class: "fix-code" },
        h(
          "div",
          { class: "fix-code-head" },
          h("span", { class: "faint" }, place),
          copyButton(copied(text), of),
        ),
        lines(text, place ? `${place}: ${of}` : of),
      );
    }),
  );
}

/** Text of several lines, as a page breaks it: never inside a word such as `--from`. */
function lines(text, label) {
  return h(
    "pre",
    { class: "fix-lines", tabindex: "0", role: "group", "aria-label": label },
    text.split("\n").flatMap((line, at) => {
      const words = broken(clipped(line));
      return at ? [document.createTextNode("\n"), words] : [words];
    }),
  );
}

/** A line in words that stay whole where they are short enough. */
export function broken(line) {
  return line
    .split(/( +)/)
    .map((word) => (word.includes("-") && word.length < LONG_WORD ? h("span", { class: "whole-word" }, word) : word));
}

/**
 * Fixes as one text for a Dockerfile: `fixes` are {heads: what they mend, parts}.  What is no
 * instruction is a comment there; lines of .dockerignore stand once, at the end.
 */
export function fixText(fixes) {
  const ignore = new Set();
  const found = fixes.map(({ heads, parts }) => {
    const out = heads.map((head) => comment(head));
    for (const [kind, text] of parts) {
      if (kind === "dockerfile") out.push(copied(text));
      else if (kind === "dockerignore") copied(text).split("\n").forEach((line) => ignore.add(line));
      else out.push(...copied(text).split("\n").map((line) => comment(line)));
    }
    return `${out.join("\n")}\n`;
  });
  if (ignore.size) found.push(`# .dockerignore:\n${Array.from(ignore).join("\n")}\n`);
  return found.join("\n");
}

/** What comes from outside must not end the comment. */
function comment(text) {
  return `# ${copied(text).replaceAll("\n", "\\n")}`;
}
