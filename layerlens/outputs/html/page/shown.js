// Text from images made fit to be shown, sizes and shares as people write them.
// The same rules as layerlens/outputs/display.py and layerlens/units.py.

// Control characters, and those that hide, turn around or separate what stands beside them.
const HIDDEN = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e" +
    "\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufeff\\uffa0" +
    "\\ufff9-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]",
  "gu",
);
const PLAIN = /^[ -~]*$/;
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(char) {
  if (SHORT[char] !== undefined) return SHORT[char];
  const code = char.codePointAt(0);
  // How a byte that is not UTF-8 is carried.
  if (code >= 0xdc80 && code <= 0xdcff) return "\\x" + (code - 0xdc00).toString(16);
  const hex = code.toString(16);
  if (code < 0x80) return "\\x" + hex.padStart(2, "0");
  return code < 0x10000 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
}

/** Text on one line in which every hidden character is an escape. */
export function shown(text) {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, escaped);
}

/** The start of a text that is too long to lay out; how much is missing stands at its end. */
export function clipped(text, most = 2000) {
  if (text.length <= most) return text;
  return text.slice(0, most) + `… (${count(text.length - most)} more characters)`;
}

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

/** Bytes in SI units: `999 B`, `1.2 MB`. */
export function size(bytes) {
  const magnitude = Math.abs(bytes);
  if (magnitude < 1000) return `${bytes} B`;
  let at = 0;
  let unit = 1000;
  while (at < UNITS.length - 1 && magnitude >= unit * 1000) {
    unit *= 1000;
    at += 1;
  }
  const number = magnitude / unit;
  // Halves go to the even digit, as in Python: 11.25 is 11.2.
  const digits = (number % 1 === 0.25 ? number - 0.05 : number).toFixed(1);
  return `${bytes < 0 ? "-" : ""}${digits} ${UNITS[at]}`;
}

/** A change in bytes: `+1.2 MB`, `-300 B`, `0 B`. */
export function change(bytes) {
  return bytes > 0 ? "+" + size(bytes) : size(bytes);
}

/** A whole number with commas between thousands. */
export function count(number) {
  return Math.abs(number) < 1000 ? String(number) : GROUPED.format(number);
}
const GROUPED = new Intl.NumberFormat("en-US");

/** `1 file`, `2 files`. */
export function counted(number, noun, plural = noun + "s") {
  return `${count(number)} ${number === 1 ? noun : plural}`;
}

/** Some of the lowest layers: `the lowest layer`, `the lowest 3 layers`. */
export function lowest(layers) {
  return layers === 1 ? "the lowest layer" : `the lowest ${counted(layers, "layer")}`;
}

/** A percentage such as 58.01893, cut off as `share` does. */
export function percent(value) {
  // A millionth makes up for binary fractions: 28.999999999999996 was 29.
  return value ? share(value + 1e-7, 100) : "0%";
}

/** A share with one digit, cut off: only all of it is `100%`, and some is never `0%`. */
export function share(part, whole) {
  if (!(whole > 0)) return "0%";
  const tenths = Math.floor((part * 1000) / whole);
  if (tenths === 0) return part > 0 ? "<0.1%" : "0%";
  if (tenths === 1000) return "100%";
  return `${Math.floor(tenths / 10)}.${tenths % 10}%`;
}
