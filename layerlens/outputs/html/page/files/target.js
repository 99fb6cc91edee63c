// From a path in a link to what can be shown of it.

import { scopeName } from "./scope.js";

/** {root (the directory to show), picked (whose details), notice (what was not there)}. */
export function resolve(scope, at, pick) {
  const { tree } = scope;
  const notices = [];
  const asked = locate(tree, at, notices);
  let node = asked;
  while (node && !scope.has(node)) node = tree.parent[node];
  if (node !== asked) notices.push(`/${tree.path(asked)} is not in ${scopeName(scope.of)}.`);
  const root = scope.folder(node) || !node ? node : tree.parent[node];
  const picked = pick === null ? (asked === root ? null : asked) : locate(tree, pick, notices);
  return { root, picked, notice: notices.join(" ") };
}

function locate(tree, path, notices) {
  const node = tree.find(path);
  const there = tree.path(node);
  if (path.split("/").filter(Boolean).join("/") !== there) {
    notices.push(`There is no ${path} in this image; its deepest part that is there is /${there}.`);
  }
  return node;
}
