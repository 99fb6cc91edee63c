// The entry of the page's script.

import { App } from "./app.js";
import { Report } from "./report.js";
import { fail, unpack } from "./unpack.js";

async function start() {
  try {
    const report = new Report(await unpack(document.getElementById("data")));
    new App(report).start(document.body);
  } catch (error) {
    fail(error);
    throw error; // for the browser's console
  }
}

start();
