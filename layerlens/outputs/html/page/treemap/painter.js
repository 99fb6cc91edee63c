// Draws the cells of a treemap on a canvas.

import { shown } from "../shown.js";

const FONT = 12;
const PAD = 4;
const LONGEST = 160;

/**
 * Paint cells.  `look`: {style(cell), label(cell), size(cell), dim(cell), lit}: the style of a
 * closed cell, what stands on a cell, whether it is greyed, and whether those that are not
 * have a line around them.
 */
export function paint(context, cells, palette, look) {
  const { canvas } = context;
  context.setTransform(palette.ratio, 0, 0, palette.ratio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const { fonts } = palette;
  const plain = `${FONT}px ${fonts}`;
  const strong = `600 ${FONT}px ${fonts}`;
  context.textBaseline = "middle";
  const measure = measurer(context);
  const grey = {
    fill: palette.plain("--sunken"),
    flat: palette.plain("--sunken"),
    ink: palette.plain("--ink-2"),
  };
  const frame = palette.plain("--line");
  const strip = palette.plain("--raised");
  const ink = palette.plain("--ink");
  // Fills first and texts last: changing a canvas's font is what costs.
  const texts = [];
  for (const cell of cells) {
    const { x, y, w, h } = cell;
    if (cell.open) {
      context.fillStyle = frame;
      context.fillRect(x, y, w, h);
      if (!cell.strip) continue;
      context.fillStyle = strip;
      context.fillRect(x, y, w - 1, cell.strip - 1);
      texts.push([cell, ink, null, y + cell.strip / 2]);
      continue;
    }
    const dim = look.dim(cell);
    const colour = dim ? grey : palette.get(look.style(cell));
    context.fillStyle = colour.fill;
    // A gap to the neighbours where that leaves something.
    const across = w > 3 ? w - 1 : w;
    const down = h > 3 ? h - 1 : h;
    context.fillRect(x, y, across, down);
    if (look.lit && !dim && across > 4 && down > 4) {
      // Some colours are close to the grey of the others.
      context.strokeStyle = ink;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, across - 1, down - 1);
    }
    if (w >= 34 && h >= 16) {
      texts.push([cell, colour.ink, colour.patterned ? colour.flat : null, y + 9]);
    }
  }
  const write = (text, x, y, room, colour, under) => {
    const fitting = fit(text, room, measure);
    if (!fitting) return;
    if (under) {
      context.fillStyle = under;
      context.fillRect(x - 2, y - 7, measure(fitting) + 4, 14);
    }
    context.fillStyle = colour;
    context.fillText(fitting, x, y);
  };
  for (const strongOnes of [true, false]) {
    context.font = strongOnes ? strong : plain;
    measure.forget();
    for (const [cell, colour, under, y] of texts) {
      if (cell.strip > 0 !== strongOnes) continue;
      const x = cell.x + PAD;
      const room = cell.w - 2 * PAD;
      const label = shown(named(cell, look));
      if (cell.strip) {
        const size = look.size(cell);
        const wide = measure(size);
        const both = room - wide - 8 >= Math.min(measure(label), 60);
        if (both) write(size, x + room - wide, y, wide + 1, colour, under);
        write(label, x, y, both ? room - wide - 8 : room, colour, under);
        continue;
      }
      write(label, x, y, room, colour, under);
      // A number that is cut off is another number.
      const size = cell.h >= 34 ? look.size(cell) : "";
      if (size && measure(size) <= room) write(size, x, y + 15, room, colour, under);
    }
  }
}

/** What a cell is called; directories that are alone in each other are named together. */
function named(cell, look) {
  const label = look.label(cell).slice(0, LONGEST);
  if (!cell.strip || !cell.chain.length) return label;
  return [label, ...cell.chain.map(look.label)].join("/").replaceAll("//", "/").slice(0, LONGEST);
}

/** Widths of texts, each measured once. */
function measurer(context) {
  const known = new Map();
  const measure = (text) => {
    let width = known.get(text);
    if (width === undefined) known.set(text, (width = context.measureText(text).width));
    return width;
  };
  measure.forget = () => known.clear();
  return measure;
}

/** As much of a text as a width has room for; `""` where that is nothing to read. */
function fit(text, room, measure) {
  const wide = measure(text);
  if (wide <= room) return text;
  let length = Math.floor((text.length * room) / wide);
  while (length >= 3) {
    const cut = text.slice(0, length - 1) + "…";
    if (measure(cut) <= room) return cut;
    length -= 1;
  }
  return "";
}
