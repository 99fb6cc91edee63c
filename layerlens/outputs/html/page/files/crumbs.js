// The way from the root to the directory that is shown.

import { h, replace } from "../dom.js";

/** {element, show(tree, node, href(node))}. */
export function crumbs() {
  const list = h("ol");
  const element = h("nav", { class: "crumbs", "aria-label": "Path" }, list);
  return {
    element,
    show(tree, node, href) {
      const line = tree.line(node);
      replace(
        list,
        line.map((at, k) =>
          h(
            "li",
            {},
            h(
              "a",
              { href: href(at), "aria-current": k === line.length - 1 ? "location" : null },
              tree.label(at),
            ),
          ),
        ),
      );
    },
  };
}
