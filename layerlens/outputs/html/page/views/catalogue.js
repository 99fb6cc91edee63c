// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { overview } from "./overview.js";

export const VIEWS = [overview, diagnostics];
