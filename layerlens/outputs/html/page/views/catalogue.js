// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { trend } from "./trend.js";

export const VIEWS = [trend, diagnostics];
