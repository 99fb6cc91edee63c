// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { guide } from "./guide.js";
import { image } from "./image.js";
import { packages } from "./packages.js";

export const VIEWS = [packages, image, diagnostics, guide];
