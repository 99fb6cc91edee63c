// One bar whose pieces add up to a whole, however small some are.

import { h } from "./dom.js";
import { clipped } from "./shown.js";

/**
 * A bar of links.  `label` says what it shows.  A piece is {weight, name, href, style
 * ({colour, pattern}), content}; `name` tells all about it, `content` may be drawn in it.
 *
 * Every piece is some pixels wide, so that it can be reached; the others give way.  By
 * keyboard the bar is one stop: the arrow keys, Home and End lead along it.  `onat(at)` is
 * told which piece is under the pointer or has the focus, and -1 when there is none.
 *
 * Gives {element, pieces, light(at)}; `light` marks one piece (-1: none).
 */
export function bar({ label, pieces, onat }) {
  const whole = pieces.reduce((sum, piece) => sum + piece.weight, 0) || 1;
  const links = pieces.map((piece, at) =>
    h(
      "a",
      {
        href: piece.href,
        class: `piece ${piece.style.pattern}`,
        tabindex: "-1",
        title: clipped(piece.name, 300),
        "aria-label": clipped(piece.name, 300),
        style: { "--of": `var(${piece.style.colour})`, "flex-grow": String((piece.weight / whole) * 1000) },
        onmouseenter: () => onat?.(at),
        onmouseleave: () => onat?.(-1),
        onfocus: () => arrive(at),
        onblur: () => onat?.(-1),
        onkeydown: (event) => walk(event, at),
      },
      piece.content,
    ),
  );
  // Who comes to the bar by keyboard begins with the largest piece.
  let stop = pieces.reduce((best, piece, at) => (piece.weight > pieces[best].weight ? at : best), 0);
  links[stop]?.setAttribute("tabindex", "0");

  function arrive(at) {
    links[stop].setAttribute("tabindex", "-1");
    stop = at;
    links[stop].setAttribute("tabindex", "0");
    onat?.(at);
  }

  function walk(event, at) {
    const last = links.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[Math.max(0, Math.min(last, to))].focus();
  }

  return {
    element: h("div", { class: "pieces", role: "group", "aria-label": label }, links),
    pieces: links,
    light(at) {
      links.forEach((link, each) => link.classList.toggle("lit", each === at));
    },
  };
}
