// What of the files is looked at, as the URL's hash has it.

import { ALL, FINAL, MEASURES } from "../tree.js";
import { COLOURS } from "./colouring.js";

/**
 * Read parameters: {at, pick, of, size, colour, only, q, sort}.
 *
 * `at` is a path (the directory that is shown, or one that stands in it), `pick` the path
 * whose details are shown where that is another.  What is not possible is what would be
 * without it.  `only` is the label of a group of the colours: nothing else is lit.  `able`: {layers, transfer, package}: what the image has.
 */
export function read(params, able) {
  const one = (value, all, otherwise) => (all.includes(value) ? value : otherwise);
  const layer = /^\d{1,3}$/.test(params.of ?? "") ? Number(params.of) : -1;
  return {
    at: params.at ?? "",
    pick: params.pick ?? null,
    of: layer >= 0 && layer < able.layers ? layer : one(params.of, [FINAL, ALL], FINAL),
    size: one(
      params.size,
      MEASURES.filter((each) => each !== "transfer" || able.transfer),
      "content",
    ),
    colour: one(
      params.colour,
      COLOURS.filter((each) => each !== "package" || able.package),
      "layer",
    ),
    only: params.only || null,
    q: params.q ?? "",
    sort: sorting(params.sort),
  };
}

function sorting(text) {
  const [, down, id] = /^(-?)(\w+)$/.exec(text ?? "") ?? [];
  return id ? { id, down: down === "-" } : null;
}

/** The parameters of a place; what is so anyway is left out. */
export function paramsOf({ at, pick, of, size, colour, only, q, sort }) {
  return {
    at: at || undefined,
    pick: pick ?? undefined,
    of: of === FINAL ? undefined : String(of),
    size: size === "content" ? undefined : size,
    colour: colour === "layer" ? undefined : colour,
    only: only ?? undefined,
    q: q || undefined,
    sort: sort ? `${sort.down ? "-" : ""}${sort.id}` : undefined,
  };
}
