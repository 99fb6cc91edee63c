// The layers of an image: all of them with their figures, or one in detail.

import { h, replace } from "../dom.js";
import { brief } from "../instruction.js";
import { layerDetails } from "../layerdetails.js";
import { layerTable, originOf, withoutLayer } from "../layertable.js";
import { Losses } from "../losses.js";
import { matrix } from "../matrix.js";
import { go, hashOf } from "../route.js";
import { counted, size } from "../shown.js";
import { swatch } from "../words.js";

const ID = "layers";

export const layers = {
  id: ID,
  title: "Layers",
  has: (report) => report.image !== null,
  count: (report) => report.image.document.layers.length,
  make(report) {
    const { image } = report;
    const losses = new Losses(image);
    const element = h("section", { class: "layers" });
    let list = null;
    let place = null; // what is shown: "list" or the index of a layer
    let listed = {}; // parameters of the list, and where on it the reader was
    let scrolled = 0;
    const details = new Map();

    function showList(params) {
      list ??= makeList(image, losses);
      listed = params;
      const back = typeof place === "number" ? place : null;
      if (place !== "list") {
        replace(element, list.element);
        place = "list";
      }
      list.show(params);
      if (back === null) return;
      window.scrollTo(0, scrolled);
      list.focus(back);
    }

    function showLayer(index, params) {
      let made = details.get(index);
      if (!made) {
        const change = (changed) => go(ID, { layer: String(index), ...changed }, { quietly: true });
        made = layerDetails(image, losses, index, change);
        // One is kept: its tree may be as large as the layer.
        details.clear();
        details.set(index, made);
      }
      if (place === index) {
        made.show(params);
        return;
      }
      if (place === "list") scrolled = window.scrollY;
      const from = place;
      place = index;
      replace(element, steps(image, index, hashOf(ID, listed)), made.element);
      made.show(params);
      if (from === null) return;
      window.scrollTo(0, 0);
      made.title.focus({ preventScroll: true });
    }

    return {
      element,
      show(params) {
        const { layer } = params;
        const index = /^\d+$/.test(layer ?? "") ? Number(layer) : -1;
        if (index >= 0 && index < image.document.layers.length) showLayer(index, params);
        else showList(params);
      },
    };
  },
};

function makeList(image, losses) {
  const { history, scores, base, findings } = image.document;
  const count = image.document.layers.length;
  let now = {};
  const choose = (changed) => go(ID, { ...now, ...changed }, { quietly: true });
  const all = layerTable(image, losses, (index) => go(ID, { layer: String(index) }));
  const lost = matrix(image, losses, choose);
  const others = withoutLayer(history);
  const tick = h("input", {
    type: "checkbox",
    onchange: () => choose({ history: tick.checked ? "all" : "" }),
  });
  const legend = [
    ["kept", "--kept", "plain"],
    findings !== null && ["removable", "--removable", "dots"],
    ["dead", "--dead", "stripes"],
  ].filter(Boolean);
  const element = h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, "Layers"),
    h(
      "p",
      {},
      `${counted(count, "layer")}, ${size(scores.total_bytes)}`,
      base.layers > 0 && `; ${base.layers} of them (${size(base.bytes)}) from the base image`,
      `. ${size(scores.dead_bytes)} are dead`,
      findings !== null && `, ${size(scores.removable_bytes)} removable`,
      ".",
    ),
    h(
      "div",
      { class: "filters" },
      h(
        "p",
        { class: "legend" },
        legend.map(([word, colour, pattern]) => h("span", {}, swatch({ colour, pattern }), word)),
      ),
      others > 0 && h("label", {}, tick, ` show all history (${counted(others, "row")} without a layer)`),
    ),
    count > 0 && meanings(findings !== null),
    all.element,
    count > 0 && lost.element,
  );
  return {
    element,
    show(params) {
      now = params;
      tick.checked = params.history === "all";
      all.show({ history: tick.checked });
      const opened = count > 0 && lost.show(params);
      if (opened && element.isConnected && element.contains(document.activeElement)) opened.focus();
    },
    /** Go back to the row of a layer. */
    focus(index) {
      const link = element.querySelector(`a[href="${hashOf(ID, { layer: String(index) })}"]`);
      (link ?? element.querySelector("h1")).focus({ preventScroll: true });
    },
  };
}

/** What the columns count whose titles do not say so. */
function meanings(judged) {
  const words = [
    ["Dead", "its own bytes that it or a later layer made unreachable"],
    ["Kills", "bytes, its own and of lower layers, that it made unreachable"],
    judged && ["Removable", "its bytes that are there in the end and need not be, by the findings"],
  ].filter(Boolean);
  return h(
    "dl",
    { class: "meanings faint" },
    words.map(([word, meaning]) => h("div", {}, h("dt", {}, word), " ", h("dd", {}, meaning))),
  );
}

/** The way from one layer to another: a strip of all of them, the list, the next. */
function steps(image, index, list) {
  const all = image.document.layers;
  const place = (at) => hashOf(ID, { layer: String(at) });
  const pick = h(
    "select",
    { onchange: () => go(ID, { layer: pick.value }) },
    all.map((layer) =>
      h("option", { value: String(layer.index) }, `${layer.index}: ${brief(layer.instruction, 70)}`),
    ),
  );
  pick.value = String(index);
  return h(
    "nav",
    { class: "steps-between", "aria-label": "From layer to layer" },
    h(
      "div",
      { class: "strip", "aria-hidden": "true" },
      all.map((layer) =>
        h("span", {
          class: layer.index === index ? `now ${originOf(layer)}` : originOf(layer),
          title: `layer ${layer.index}: ${size(layer.size)}`,
          style: { "flex-grow": String(Math.max(1, layer.size)) },
          onclick: () => go(ID, { layer: String(layer.index) }),
        }),
      ),
    ),
    h("a", { href: list }, "All layers"),
    index > 0
      ? h("a", { href: place(index - 1), rel: "prev" }, "Previous")
      : h("span", { class: "faint" }, "Previous"),
    index < all.length - 1
      ? h("a", { href: place(index + 1), rel: "next" }, "Next")
      : h("span", { class: "faint" }, "Next"),
    h("label", {}, h("span", { class: "unseen" }, "Layer "), pick),
  );
}
