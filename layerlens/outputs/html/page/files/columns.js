// The columns of the table that stands beside the map.

import { h } from "../dom.js";
import { count, share, size } from "../shown.js";
import { packages } from "./colouring.js";
import { mark } from "./styles.js";

/** The row that leads up. */
export const UP = -1;

/**
 * The columns; `now()` gives what is shown: {scope, measure, colouring, flat, whole (bytes
 * that shares are of), amount(node, measure), link(node)}.
 */
export function columnsFor(image, now) {
  const { tree } = image;
  const amount = (id, title, help) => ({
    id,
    title,
    help,
    number: true,
    first: "down",
    cell: (node) => (node === UP ? null : size(now().amount(node, id))),
    sort: (node) => now().amount(node, id),
  });
  const group = (id, title) => ({
    id,
    title,
    cell(node) {
      if (node === UP) return null;
      const { scope, measure, colouring } = now();
      const groups = colouring(id).over(scope, measure);
      const style = groups.style(node);
      // A node without any group is here because the layer took it, or what is in it, away.
      if (!style) return id === "change" ? "removed here" : null;
      const text = groups.text(node);
      return h("span", { class: "cut", title: text }, mark(style), text);
    },
    sort(node) {
      const { scope, measure, colouring } = now();
      const groups = colouring(id).over(scope, measure);
      return id === "layer" ? groups.most(node) : (groups.style(node)?.label ?? "");
    },
  });
  return [
    {
      id: "name",
      title: "Name",
      header: true,
      cell: (node) => now().link(node),
      // Nodes are numbered in the order of their paths.
      sort: (node) => node,
    },
    amount("content", "Size", "Content bytes; a hard link counts none"),
    {
      id: "share",
      title: "Share",
      cell(node) {
        if (node === UP) return null;
        const { measure, whole } = now();
        const part = now().amount(node, measure);
        const wide = whole > 0 ? Math.round((part * 1000) / whole) / 10 : 0;
        return [
          h("span", { class: "sharebar", "aria-hidden": "true", style: { "--part": `${wide}%` } }),
          share(part, whole),
        ];
      },
    },
    tree.wire && amount("transfer", "Transfer ≈", "Compressed bytes, estimated"),
    amount("waste", "Waste", "Bytes that are dead or removable"),
    {
      id: "files",
      title: "Files",
      help: "All that is no directory",
      number: true,
      first: "down",
      cell: (node) => (node === UP ? null : count(now().scope.files[node])),
      sort: (node) => now().scope.files[node],
    },
    group("layer", "Layer"),
    group("class", "Class"),
    group("change", "Change"),
    packages(image) && group("package", "Package"),
  ].filter(Boolean);
}
