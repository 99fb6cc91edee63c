// The treemap of what differs: areas by change or by size, colours by direction.

import { WORDS } from "../deltatree.js";
import { h } from "../dom.js";
import { change, count, counted, shown, size } from "../shown.js";
import { largest, leadsTo } from "../treemap/small.js";
import { treemap } from "../treemap/treemap.js";
import { PLAIN, STRIPES, swatch } from "../words.js";

/** What an area stands for. */
export const AREAS = {
  change: "how much changed",
  new: "size in the new image",
  whole: "size, with what did not change",
};

const HELP =
  "Arrow keys move between rectangles, End to the smallest, Page Down to the largest inside one and Page Up " +
  "back out, Enter opens a directory or shows alone what is too small to see, Backspace goes up, Home goes to " +
  "the root. The table beside it has the same figures.";

/** From what shrank to what grew: where a share of -1 to 1 begins, the words, the look. */
const STEPS = [
  [-Infinity, "shrinks", "--shrinks", STRIPES],
  [-0.8, "mostly shrinks", "--shrinks-some", STRIPES],
  [-0.2, "both, or neither", "--base", PLAIN],
  [0.2, "mostly grows", "--grows-some", PLAIN],
  [0.8, "grows", "--grows", PLAIN],
].map(([from, words, colour, pattern]) => ({ from, words, style: { colour, pattern } }));

/** How many paths differ in a directory, by sums: `3 paths, 1 moved away`. */
export function differing({ paths, left }, node, less = 0) {
  const away = left[node] ? `${count(left[node])} moved away` : "";
  if (away && paths[node] === less) return away;
  return `${counted(paths[node] - less, "path")}${away ? `, ${away}` : ""}`;
}

/** What the colours mean. */
export function legend() {
  return h(
    "ul",
    { class: "directions", "aria-label": "Colours" },
    STEPS.map((step) => h("li", {}, swatch(step.style), step.words)),
  );
}

/**
 * The treemap of a comparison.  `on` is told as by `treemap`.  Gives {element, show(node,
 * {sums, area, focus, picked})}: `sums` as of `DeltaTree.sums`.
 */
export function deltaMap(report, on) {
  const { tree } = report.comparison;
  let wholes = null;
  let now = null;

  // What of a directory did not change is a rectangle, too, where areas are sizes; its
  // number is the directory's above those of all nodes.
  const isRest = (node) => node >= tree.count;

  function weight(node) {
    const { sums, area } = now;
    if (area === "change") return sums.grown[node] + sums.shrunk[node];
    if (area === "new") return sums.new[node];
    if (!isRest(node)) return sums.paths[node] + sums.left[node] ? wholes[node] : 0;
    let left = wholes[node - tree.count];
    for (const child of tree.children(node - tree.count)) left -= weight(child);
    return left;
  }

  function children(node) {
    const found = tree.children(node);
    return now.area === "whole" ? [...found, node + tree.count] : found;
  }

  function stepOf(node) {
    const { sums, area } = now;
    if (isRest(node)) return STEPS[2];
    const more = sums.grown[node] - sums.shrunk[node];
    const whole =
      area === "change"
        ? sums.grown[node] + sums.shrunk[node]
        : Math.max(area === "new" ? sums.new[node] : wholes[node], sums.old[node]);
    const part = whole ? more / whole : 0;
    return STEPS.findLast((step) => part >= step.from);
  }

  function name(cell) {
    if (isRest(cell.node)) return "(unchanged)";
    if (cell.rest) {
      const many = counted(cell.rest, "smaller one");
      return cell.level ? `(${many})` : `‹ /${tree.path(cell.node)}: ${many}`;
    }
    if (tree.tails.has(cell.node)) return tree.label(cell.node);
    const text = cell.level ? tree.label(cell.node) : `/${tree.path(cell.node)}`;
    return tree.isFolder(cell.node) && cell.level ? `${text}/` : text;
  }

  function figureOf(node) {
    return isRest(node) ? size(weight(node)) : change(now.sums.new[node] - now.sums.old[node]);
  }

  function figure(cell) {
    return cell.rest ? "" : figureOf(cell.node);
  }

  function facts(cell) {
    const { node } = cell;
    if (isRest(node)) return [`${size(weight(node))} of /${tree.path(node - tree.count)} did not change`];
    const at = `/${tree.path(node)}${tree.tails.has(node) ? tree.label(node) : ""}`;
    const { old, new: is, grown, shrunk } = now.sums;
    if (cell.rest) {
      const names = largest(cell.small, weight).map(
        (each) => `${isRest(each) ? "unchanged" : tree.label(each)} ${figureOf(each)}`,
      );
      return [
        `${counted(cell.rest, "smaller one")} in ${at}`,
        `the largest: ${names.join(", ")}`,
        leadsTo(cell, now.node),
      ];
    }
    const record = tree.recordOf(node);
    const said = [at];
    if (record >= 0) said.push(WORDS[tree.word(record)][1]);
    said.push(`${size(old[node])} → ${size(is[node])}: ${change(is[node] - old[node])}`);
    if (grown[node] && shrunk[node]) said.push(`${change(grown[node])} and ${change(-shrunk[node])}`);
    if (tree.hasChildren(node)) said.push(`${differing(now.sums, node)} differ`);
    return said;
  }

  const map = treemap({
    label: "What changed, as a treemap",
    help: HELP,
    on: {
      ...on,
      open: (node) => on.open(isRest(node) ? node - tree.count : node),
      pick: (node) => !isRest(node) && on.pick(node),
    },
    tell: (cell) => facts(cell).map((line, at) => h(at ? "div" : "strong", {}, line)),
    say: (cell) => shown(facts(cell).join(", ")),
  });

  return {
    element: map.element,
    show(node, { sums, area, focus = null, picked = null }) {
      if (area === "whole")
        wholes ??= tree.wholes(report.image.tree, report.image.tree.sums("final", "content"));
      now = { node, sums, area };
      map.show(
        {
          root: node,
          weight,
          children,
          folder: (each) => !isRest(each) && tree.hasChildren(each),
          style: (cell) => (cell.rest ? { colour: "--sunken", pattern: PLAIN } : stepOf(cell.node).style),
          label: name,
          size: figure,
          dim: () => false,
        },
        focus,
      );
      map.mark(picked);
    },
  };
}
