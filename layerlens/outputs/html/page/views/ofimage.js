// The views of an image, in the order of the navigation.

import { diagnostics } from "./diagnostics.js";
import { files } from "./files.js";
import { findings } from "./findings.js";
import { guide } from "./guide.js";
import { image } from "./image.js";
import { layers } from "./layers.js";
import { overview } from "./overview.js";
import { packages } from "./packages.js";
import { security } from "./security.js";

export const VIEWS_OF_IMAGE = [
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
