// The data of the report: gzip in base64, or plain JSON.

import { replace, h } from "./dom.js";

/**
 * What the file holds: {data, bytes, packed}, `bytes` being what the data take in it.
 * Throws where this browser cannot unpack it.
 */
export async function unpack(element) {
  const text = element.textContent;
  element.remove();
  if (element.dataset.packed !== "gzip") {
    return { data: JSON.parse(text), bytes: new TextEncoder().encode(text).length, packed: false };
  }
  if (typeof DecompressionStream === "undefined") {
    throw new Error(
      "this browser cannot unpack the report: open it in a newer one, or have it written with " +
        "--html-plain",
    );
  }
  const packed = new Blob([bytesOf(text)]).stream();
  const data = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
  return { data, bytes: text.length, packed: true };
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** Say in place of the report why there is none. */
export function fail(error) {
  replace(
    document.body,
    h("main", { role: "alert" }, h("h1", {}, "The report cannot be shown"), h("p", {}, error.message)),
  );
}
