// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";
import { layers } from "./layers.js";
import { overview } from "./overview.js";

export const VIEWS = [overview, files, layers, diagnostics];
