// Changes as people read them: signed, with a word, and as bars to either side of zero.

import { h } from "../dom.js";
import { change, count, share, size } from "../shown.js";

/** A size, or that it is not known. */
export function known(bytes) {
  return bytes === null ? "not known" : size(bytes);
}

/** `+1.2 MB (+3.4%)`; "no change"; "not known". */
export function changed({ old, change: bytes }) {
  if (bytes === null || old === null) return "not known";
  if (!bytes) return "no change";
  if (!old) return change(bytes);
  return `${change(bytes)} (${bytes < 0 ? "-" : "+"}${shareOf(Math.abs(bytes), old)})`;
}

/** A share that may be above all of it, with one digit as those of `share`. */
function shareOf(part, whole) {
  if (part <= whole) return share(part, whole);
  const tenths = Math.floor((part * 1000) / whole);
  return `${count(Math.floor(tenths / 10))}.${tenths % 10}%`;
}

/** A count with its sign: `+1,234`, `no change`. */
export function more(number) {
  return number ? (number > 0 ? "+" : "") + count(number) : "no change";
}

/** What has a sign: one of the words for more, for less and for neither. */
export function word(number, [up, down]) {
  return number ? (number > 0 ? up : down) : "";
}

/**
 * Bars for some changes: `bar(change)` gives one, to the right of zero for what grew, to
 * the left and striped for what shrank.  All are of one scale, and the figure beside each
 * says the same, so they are hidden from who does not see them.
 */
export function bars(changes) {
  let up = 0;
  let down = 0;
  for (const each of changes) {
    up = Math.max(up, each);
    down = Math.max(down, -each);
  }
  const whole = up + down || 1;
  const zero = (down / whole) * 100;
  return (bytes) => {
    const long = (Math.abs(bytes) / whole) * 100;
    return h(
      "span",
      { class: "signed", "aria-hidden": "true", style: { "--zero": `${zero}%` } },
      bytes
        ? h("span", {
            class: bytes > 0 ? "grows" : "shrinks stripes",
            style: { "--from": `${bytes > 0 ? zero : zero - long}%`, "--long": `${long}%` },
          })
        : null,
    );
  };
}
