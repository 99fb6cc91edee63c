// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";

export const VIEWS = [diagnostics];
