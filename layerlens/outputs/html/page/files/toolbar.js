// What of the files is looked at, by which size, in which colours, and the search.

import { h, replace } from "../dom.js";
import { ALL, FINAL, MEASURES } from "../tree.js";
import { packages } from "./colouring.js";
import { layerName } from "./describe.js";

const SIZES = { content: "content", transfer: "transfer ≈", waste: "waste" };
const COLOURS = { layer: "layer", class: "class of bytes", package: "package", change: "change" };

/**
 * The controls; `change(part of a place, quietly)` is told what the reader chooses, `soon()`
 * that a search is likely to come.
 *
 * Gives {element, show(place), say(text, bad), search}.
 */
export function toolbarOf(image, change, soon) {
  const { layers } = image.document;
  const choice = (id, options) =>
    h("select", { id: `files-${id}`, onchange: (event) => change({ [id]: event.target.value }) }, options);
  const of = choice("of", [
    h("option", { value: FINAL }, "Final filesystem"),
    layers.map((layer) => h("option", { value: layer.index }, `Layer ${layerName(layer, 70)}`)),
    h("option", { value: ALL }, "All that is shipped"),
  ]);
  const bySize = choice(
    "size",
    MEASURES.map((each) => {
      const missing = each === "transfer" && !image.tree.wire;
      return h("option", { value: each, disabled: missing }, SIZES[each] + (missing ? ": not known" : ""));
    }),
  );
  if (!image.tree.wire) bySize.title = "Transfer is not known: a layer is stored uncompressed";
  const colour = choice(
    "colour",
    Object.entries(COLOURS)
      .filter(([each]) => each !== "package" || packages(image))
      .map(([each, text]) => h("option", { value: each }, text)),
  );
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    change({ q: search.value }, true);
  };
  const search = h("input", {
    id: "files-q",
    type: "search",
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": "files-q-help",
    onfocus: soon,
    // Each key is answered at once, but those that come while one is: these are answered together.
    oninput: () => {
      timer ||= setTimeout(send);
    },
    onkeydown: (event) => {
      if (event.key === "Escape" && search.value) search.value = "";
      else if (event.key !== "Enter") return;
      event.preventDefault();
      send();
    },
  });
  const said = h("p", { class: "said", role: "status" });
  const hint = h(
    "p",
    { class: "hint faint", id: "files-q-help" },
    "Part of a path, a glob such as *.so or usr/**/x, or /regex/",
  );
  const labelled = (text, control) =>
    h("div", { class: "control" }, h("label", { for: control.id }, text), control);
  const element = h(
    "div",
    { class: "toolbar" },
    labelled("Show", of),
    labelled("Size", bySize),
    labelled("Colour", colour),
    image.tree.wire ? null : h("p", { class: "unseen" }, bySize.title),
    h(
      "div",
      { class: "control wide", role: "search" },
      h("label", { for: search.id }, "Search"),
      search,
      h("div", { class: "under" }, said, hint),
    ),
  );
  return {
    element,
    search,
    show(place) {
      of.value = String(place.of);
      bySize.value = place.size;
      colour.value = place.colour;
      // What is being typed goes before what the place says.
      if (!timer) search.value = place.q;
    },
    say(text, bad = false) {
      said.classList.toggle("bad", bad);
      replace(said, text);
      hint.classList.toggle("unseen", text !== "");
    },
  };
}
