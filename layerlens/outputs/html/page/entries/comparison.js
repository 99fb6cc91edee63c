// The script of a comparison's report begins here: what changed, then the new image.

import { start } from "../start.js";
import { changes } from "../views/changes.js";
import { VIEWS_OF_IMAGE } from "../views/ofimage.js";

start([changes, ...VIEWS_OF_IMAGE]);
