// The script of a trend's report begins here.

import { start } from "../start.js";
import { guide } from "../views/guide.js";
import { trend } from "../views/trend.js";

start([trend, guide]);
