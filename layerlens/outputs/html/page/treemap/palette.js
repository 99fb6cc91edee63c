// The style sheet's colours and patterns, for a canvas.

import { BARS, DOTS, STRIPES } from "../words.js";

const TILE = 8;
/** How much of the ink each step of `shade` mixes into a colour. */
export const SHADE = 0.22;

/**
 * Colours of the theme in force.  A style is {colour: name of a custom property, pattern,
 * shade}; `get(style)` gives {fill, flat, ink}: what to fill with, the colour without its
 * pattern, and what can be read on that.
 */
export class Palette {
  #styles = getComputedStyle(document.documentElement);
  #known = new Map();

  constructor(context, ratio) {
    this.context = context;
    this.ratio = ratio;
    /** The families of the canvas's texts. */
    this.fonts = getComputedStyle(context.canvas).fontFamily;
  }

  /** A custom property's colour as [red, green, blue]. */
  rgb(name) {
    // The canvas knows every way to write a colour, and gives it back in one.
    this.context.fillStyle = "#888888";
    this.context.fillStyle = this.#styles.getPropertyValue(name).trim();
    const hex = this.context.fillStyle;
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  }

  plain(name) {
    const key = `plain ${name}`;
    let found = this.#known.get(key);
    if (!found) this.#known.set(key, (found = css(this.rgb(name))));
    return found;
  }

  get({ colour, pattern, shade = 0 }) {
    const key = `${colour} ${pattern} ${shade}`;
    const known = this.#known.get(key);
    if (known) return known;
    const toward = this.rgb("--ink");
    const part = shade * SHADE;
    const rgb = this.rgb(colour).map((c, at) => Math.round(c * (1 - part) + toward[at] * part));
    const flat = css(rgb);
    const found = {
      flat,
      fill: this.#pattern(flat, pattern),
      ink: luminance(rgb) > 0.18 ? "#16150f" : "#ffffff",
      patterned: [STRIPES, DOTS, BARS].includes(pattern),
    };
    this.#known.set(key, found);
    return found;
  }

  #pattern(flat, pattern) {
    if (![STRIPES, DOTS, BARS].includes(pattern)) return flat;
    const tile = document.createElement("canvas");
    tile.width = tile.height = Math.max(1, Math.round(TILE * this.ratio));
    const context = tile.getContext("2d");
    context.scale(tile.width / TILE, tile.width / TILE);
    context.fillStyle = flat;
    context.fillRect(0, 0, TILE, TILE);
    context.fillStyle = context.strokeStyle = this.plain("--surface");
    // Large areas of full contrast dazzle.
    context.globalAlpha = 0.5;
    if (pattern === STRIPES) {
      context.lineWidth = 1.5;
      for (const shift of [-TILE, 0, TILE]) line(context, shift, TILE, shift + TILE, 0);
    } else if (pattern === BARS) {
      context.fillRect(0, 3, TILE, 1);
      context.fillRect(0, 7, TILE, 1);
    } else {
      for (const [x, y] of [
        [2, 2],
        [6, 2],
        [2, 6],
        [6, 6],
      ]) {
        context.beginPath();
        context.arc(x, y, 0.9, 0, 2 * Math.PI);
        context.fill();
      }
    }
    const made = this.context.createPattern(tile, "repeat");
    made.setTransform(new DOMMatrix().scale(TILE / tile.width));
    return made;
  }
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1 - 1, y1 + 1);
  context.lineTo(x2 + 1, y2 - 1);
  context.stroke();
}

function css(rgb) {
  return `rgb(${rgb.join(" ")})`;
}

/** Relative luminance as WCAG 2 defines it; above 0.18 black contrasts more than white. */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
