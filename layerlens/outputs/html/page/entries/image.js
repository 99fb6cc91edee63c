// The script of an image's report begins here.

import { start } from "../start.js";
import { VIEWS_OF_IMAGE } from "../views/ofimage.js";

start(VIEWS_OF_IMAGE);
