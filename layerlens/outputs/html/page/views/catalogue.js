// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { layers } from "./layers.js";

export const VIEWS = [layers, diagnostics];
