// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";
import { image } from "./image.js";
import { layers } from "./layers.js";
import { overview } from "./overview.js";
import { packages } from "./packages.js";

export const VIEWS = [overview, files, layers, packages, image, diagnostics];
