// All views, in the order of the navigation.

import { changes } from "./changes.js";
import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";
import { findings } from "./findings.js";
import { guide } from "./guide.js";
import { image } from "./image.js";
import { layers } from "./layers.js";
import { overview } from "./overview.js";
import { packages } from "./packages.js";
import { security } from "./security.js";
import { trend } from "./trend.js";

export const VIEWS = [
  changes,
  trend,
  overview,
  files,
  layers,
  findings,
  packages,
  security,
  image,
  diagnostics,
  guide,
];
