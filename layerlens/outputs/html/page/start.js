// The entry of the page's script.

import { App } from "./app.js";
import { Report } from "./report.js";
import { fail, unpack } from "./unpack.js";

async function start() {
  try {
    const { data, bytes, packed } = await unpack(document.getElementById("data"));
    new App(new Report(data, { bytes, packed })).start(document.body);
  } catch (error) {
    fail(error);
    throw error; // for the browser's console
  }
}

start();
