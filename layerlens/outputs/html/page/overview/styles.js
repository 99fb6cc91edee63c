// How whose bytes are, and what of them is dead, is drawn in the bars of this view.

import { PLAIN, STRIPES } from "../words.js";

export const BASE = { colour: "--base", pattern: PLAIN };
export const YOURS = { colour: "--kept", pattern: PLAIN };
export const DEAD = { colour: "--dead", pattern: STRIPES };
