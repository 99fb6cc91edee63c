// What can be said of a cell that stands for what is too small to see.

/** Names that are told of it. */
const MOST = 4;

/** The largest of some nodes, the largest first. */
export function largest(nodes, weight, most = MOST) {
  const found = [];
  for (const node of nodes) {
    const bytes = weight(node);
    if (found.length === most && bytes <= weight(found.at(-1))) continue;
    const after = found.findIndex((each) => weight(each) < bytes);
    found.splice(after < 0 ? found.length : after, 0, node);
    if (found.length > most) found.pop();
  }
  return found;
}

/** What Enter or a click does there: `root` is the directory that is drawn. */
export function leadsTo(cell, root) {
  if (cell.level === 0) return "Escape or a click here: back to all.";
  return cell.node === root ? "Enter or a click: these alone." : "Enter or a click: into their directory.";
}
