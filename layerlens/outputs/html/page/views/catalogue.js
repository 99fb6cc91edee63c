// All views, in the order of the navigation.

import { changes } from "./changes.js";
import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";
import { image } from "./image.js";
import { layers } from "./layers.js";
import { overview } from "./overview.js";
import { packages } from "./packages.js";

export const VIEWS = [changes, overview, files, layers, packages, image, diagnostics];
