// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";

export const VIEWS = [files, diagnostics];
