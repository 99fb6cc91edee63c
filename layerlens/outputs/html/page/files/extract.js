// The command that brings a path of the image to disk.

import { clipped } from "../shown.js";

/** Texts beyond this are no command that somebody could paste. */
const LONGEST = 4096;

/**
 * `layerlens extract IMAGE PATH [--layer N]` for a POSIX shell, as {command} or {problem}.
 *
 * `layer` null: as it is in the final filesystem; else as it stands once that layer is applied.
 */
export function extraction(image, node, layer) {
  const { reference } = image.document.image;
  if (reference === "-") return { problem: "An image that came by stdin has to be saved to a file first." };
  const path = pathBytes(image.tree, node);
  if (path.length > LONGEST)
    return { problem: `The path is too long for a command: ${clipped(image.tree.label(node), 60)}` };
  const words = ["layerlens", "extract", quoted(encode(reference)), quoted(path)];
  if (layer !== null) words.push("--layer", String(layer));
  return { command: words.join(" ") };
}

/** A path as the bytes that it has in the image, with a slash before it. */
function pathBytes(tree, node) {
  const bytes = [];
  for (const at of tree.line(node).slice(1)) {
    const exact = tree.exact.get(tree.name[at]);
    bytes.push(0x2f);
    const name =
      exact === undefined ? encode(tree.nameOf(at)) : Uint8Array.from(atob(exact), (c) => c.charCodeAt(0));
    for (const byte of name) bytes.push(byte);
  }
  return bytes.length ? bytes : [0x2f];
}

/** UTF-8; bytes that were no UTF-8 come as lone surrogates and become bytes again. */
function encode(text) {
  const bytes = [];
  const encoder = new TextEncoder();
  for (const char of text) {
    const code = char.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(char));
  }
  return bytes;
}

/** Bytes as one word of a shell; what does not print is written as an escape. */
function quoted(bytes) {
  const text = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const raw = String.fromCharCode(...bytes);
  if (text) return /^[\w@%+=:,./-]+$/.test(raw) ? raw : `'${raw.replaceAll("'", "'\\''")}'`;
  const whole = new TextDecoder("utf-8", { fatal: true });
  try {
    const decoded = whole.decode(Uint8Array.from(bytes));
    // Letters of any script may stand as they are; what hides or turns text may not.
    if (/^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(decoded)) return `'${decoded.replaceAll("'", "'\\''")}'`;
  } catch {
    // Not UTF-8: written byte by byte.
  }
  const escapes = bytes.map((byte) => {
    if (byte === 0x27 || byte === 0x5c) return "\\" + String.fromCharCode(byte);
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    // Octal has three digits at most in every shell; hexadecimal goes on in some.
    return "\\" + byte.toString(8).padStart(3, "0");
  });
  return `$'${escapes.join("")}'`;
}
