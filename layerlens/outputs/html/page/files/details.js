// One path through all layers: what each of its versions was, and what became of it.

import { copy, h, replace } from "../dom.js";
import { layerLink, packageLink, pathLink } from "../links.js";
import { clipped, size } from "../shown.js";
import { LAST_PLACED, packages } from "./colouring.js";
import { changeName, ending, fate, fullPath, instruction, kindName } from "./describe.js";
import { extraction } from "./extract.js";

const MOST = 130; // one for each layer, and some that a layer lists twice

/** {element, show(node, totals)}; `totals` are [name, text] pairs of the node. */
export function details(image) {
  const { tree } = image;
  const element = h("section", { class: "details", "aria-label": "Details" });

  function show(node, totals) {
    const records = tree.recordsOf(node);
    const stands = records.findLast((record) => !tree.gone[record]) ?? -1;
    replace(
      element,
      h("h2", {}, "Details"),
      h("p", { class: "path" }, fullPath(tree, node)),
      h(
        "dl",
        {},
        totals.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]),
      ),
      tree.nameOf(node) || !node
        ? command(node, stands >= 0 || !records.length ? null : lastPlaced(records))
        : null,
      records.length ? h("h3", {}, "Through the layers") : null,
      records.length
        ? h(
            "ol",
            { class: "versions" },
            records.slice(0, MOST).map((record, at) => version(node, record, records[at - 1])),
          )
        : null,
      records.length > MOST ? h("p", { class: "faint" }, `and ${records.length - MOST} more`) : null,
    );
  }

  function lastPlaced(records) {
    const record = records.findLast((each) => tree.change[each] <= LAST_PLACED);
    return record === undefined ? undefined : tree.layer[record];
  }

  function version(node, record, before) {
    const layer = image.layer(tree.layer[record]);
    const ends = ending(tree, record);
    const bytes = tree.size[record];
    const wire = tree.wireOf(record);
    const owner = tree.package[record];
    const named = owner && packages(image)?.[owner - 1];
    return h(
      "li",
      {},
      h(
        "div",
        { class: "event" },
        layerLink(layer.index, `layer ${layer.index}`),
        " ",
        h("strong", {}, changeName(tree, record)),
        tree.kinds[tree.kind[record]] === "dir" ? null : [", ", size(bytes)],
        bytes && wire !== null ? ` (≈ ${size(wire)} on the wire)` : null,
      ),
      h("div", { class: "faint" }, instruction(layer, 100)),
      h("div", {}, attributes(record, before)),
      tree.targets.has(record) ? h("div", {}, "leads to ", target(record)) : null,
      named
        ? h("div", {}, "of ", packageLink(owner - 1, clipped(`${named.name} ${named.version ?? ""}`, 100)))
        : null,
      fate(tree, record) ? h("div", {}, fate(tree, record), lostName(record)) : null,
      ends ? h("div", { class: "end" }, ends, " ", layerLink(tree.gone[record] - 1, "›")) : null,
      ends ? command(node, layer.index, "Copy command for this version") : null,
    );
  }

  /** Kind, mode and owner; what of these is new is told with what it was. */
  function attributes(record, before) {
    const now = tree.ownership(record);
    const kind = kindName(tree, record);
    const parts = [kind];
    const was = before === undefined ? null : tree.ownership(before);
    const change = (old, fresh) => (was && old !== fresh ? `${old} → ${fresh}` : fresh);
    parts.push(change(was?.octal, now.octal), change(was?.owner, now.owner));
    return parts.join(", ");
  }

  function target(record) {
    const text = tree.targets.get(record);
    // A hard link's target is a path of the image; a symbolic one's is only a text.
    return tree.kinds[tree.kind[record]] === "hardlink"
      ? pathLink(text, { of: "all" })
      : h("span", { class: "path" }, text);
  }

  function lostName(record) {
    const last = tree.lostAt.get(record);
    return last === undefined
      ? null
      : [", with its last name ", pathLink(tree.path(tree.node[last]), { of: "all" })];
  }

  function command(node, layer, label = "Copy") {
    if (layer === undefined) return null;
    const { command: text, problem } = extraction(image, node, layer);
    if (problem) return h("p", { class: "faint" }, problem);
    const button = h(
      "button",
      {
        type: "button",
        onclick: async () => {
          await copy(text);
          button.textContent = "Copied";
        },
      },
      label,
    );
    return label === "Copy"
      ? h("div", { class: "command" }, h("pre", { tabindex: "0" }, h("code", {}, text)), button)
      : h("div", {}, button);
  }

  return { element, show };
}
