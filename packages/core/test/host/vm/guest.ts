import { readFileSync } from "node:fs";
import { bench } from "./guest-bench.js";
import type { GuestOrder } from "./order.js";
import { rbdFallback } from "./rbd-fallback.js";
import { rbdLife } from "./rbd-life.js";

/** Runs in the virtual machine: carries out one order of the test on the host, and fails where something is not as it must be. */
const order = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as GuestOrder;

switch (order.scenario) {
  case "rbd-life":
    await rbdLife(order);
    break;
  case "rbd-fallback":
    await rbdFallback(order);
    break;
  case "describe":
    console.log(JSON.stringify(await bench.host.describe(await bench.connection(order.info, order.name), "test")));
    break;
}
