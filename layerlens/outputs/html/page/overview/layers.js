// The layers as one bar, by their sizes, with what of each is dead.

import { bar } from "../bar.js";
import { h, replace } from "../dom.js";
import { layerLink } from "../links.js";
import { hashOf } from "../route.js";
import { counted, share, size } from "../shown.js";
import { swatch } from "../words.js";
import { BASE, DEAD, YOURS } from "./styles.js";

/** Pieces that a narrow window has room for. */
const MOST = 40;

/** Runs of layers: each alone, but small neighbours together where there are many layers. */
function runs(layers, total) {
  let found = layers.map((layer) => [layer]);
  for (let least = total / 512; found.length > MOST && least <= total; least *= 2) {
    found = joined(layers, least);
  }
  return found;
}

/** Layers of less than `least` bytes together with their neighbours of that kind. */
function joined(layers, least) {
  const found = [];
  let small = null;
  for (const layer of layers) {
    if (layer.size >= least) {
      found.push([layer]);
      small = null;
    } else if (small && small[0].base === layer.base) small.push(layer);
    else {
      small = [layer];
      found.push(small);
    }
  }
  return found;
}

export function layersBar({ layers, scores }) {
  if (!layers.length) return h("p", {}, "The image has no layers.");
  const total = scores.total_bytes;
  if (!total) return h("p", {}, `${counted(layers.length, "layer")}, without file content.`);
  const told = runs(layers, total).map((run) => ({
    run,
    bytes: run.reduce((sum, layer) => sum + layer.size, 0),
    dead: run.reduce((sum, layer) => sum + layer.dead_bytes, 0),
  }));
  const largest = told.reduce((best, each, at) => (each.bytes > told[best].bytes ? at : best), 0);
  const line = h("p", { class: "readout", "aria-hidden": "true" });
  const shown = bar({
    label: "Layers by size, lowest first",
    pieces: told.map(({ run, bytes, dead }) => ({
      weight: bytes,
      name: `${nameOf(run)}: ${size(bytes)}, ${size(dead)} of it dead` + instruction(run, "; "),
      href: hashOf("layers", { layer: String(run[0].index) }),
      style: run[0].base ? BASE : YOURS,
      content: [
        h("span", { class: "number-of" }, numbers(run)),
        dead > 0 &&
          h("span", {
            class: `dead ${DEAD.pattern}`,
            style: { "--of": `var(${DEAD.colour})`, width: `${(dead / bytes) * 100}%` },
          }),
      ],
    })),
    onat: (at) => {
      shown.light(at);
      read(at < 0 ? largest : at);
    },
  });

  function read(at) {
    const { run, bytes, dead } = told[at];
    replace(
      line,
      h("strong", {}, nameOf(run)),
      run[0].base && " of the base",
      `: ${size(bytes)} (${share(bytes, total)}), ${size(dead)} of it dead`,
      h("code", {}, instruction(run).slice(0, 300)),
    );
  }
  read(largest);

  const anyBase = layers.some((layer) => layer.base);
  return [
    shown.element,
    line,
    h(
      "ul",
      { class: "key" },
      anyBase && h("li", {}, swatch(BASE), "of the base"),
      h("li", {}, swatch(YOURS), anyBase ? "yours" : "live"),
      h("li", {}, swatch(DEAD), "dead"),
    ),
    worst(layers),
  ];
}

function nameOf(run) {
  if (run.length === 1) return `layer ${run[0].index}`;
  return `layers ${run[0].index} to ${run.at(-1).index} (${counted(run.length, "small layer")})`;
}

function numbers(run) {
  return run.length === 1 ? run[0].index : `${run[0].index}–${run.at(-1).index}`;
}

/** The instruction of a layer that stands alone. */
function instruction(run, before = "") {
  return run.length === 1 ? before + run[0].instruction : "";
}

/** The layer whose instruction wasted most, in words. */
function worst(layers) {
  const most = layers.reduce((best, layer) => (layer.kills_bytes > best.kills_bytes ? layer : best));
  if (!most.kills_bytes) return null;
  const told = `: ${size(most.kills_bytes)}.`;
  return h("p", { class: "faint" }, "Most bytes are made dead by ", layerLink(most.index), told);
}
