"use strict";

const express = require("express");
const log = require("pino")();

const app = express();
const parcels = new Map([["LL-1001", "Rotterdam"], ["LL-1002", "Gdansk"]]);

app.get("/parcels/:id", (request, response) => {
  const place = parcels.get(request.params.id);
  if (place === undefined) {
    response.status(404).json({ error: "no such parcel" });
    return;
  }
  response.json({ id: request.params.id, place });
});

app.listen(3000, () => log.info("listening"));
