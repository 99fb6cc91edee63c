"use strict";

const assert = require("node:assert");

describe("parcel ids", () => {
  it("have a prefix", () => assert.match("LL-1001", /^LL-\d{4}$/));
});
