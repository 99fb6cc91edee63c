// Unpacks the data and starts the application.

import { App } from "./app.js";
import { Report } from "./report.js";
import { fail, unpack } from "./unpack.js";

/** Show a report in some views; what goes wrong is said in place of it. */
export async function start(views) {
  try {
    const { data, bytes, packed } = await unpack(document.getElementById("data"));
    new App(new Report(data, { bytes, packed }), views).start(document.body);
  } catch (error) {
    fail(error);
    throw error; // for the browser's console
  }
}
