// All views, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { findings } from "./findings.js";
import { security } from "./security.js";

export const VIEWS = [findings, security, diagnostics];
