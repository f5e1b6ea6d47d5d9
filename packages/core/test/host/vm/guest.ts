import { readFileSync } from "node:fs";
import { importConnection } from "@opensds/core";
import { dieAt } from "./die-at.js";
import { bench } from "./guest-bench.js";
import { iscsiCare } from "./iscsi-care.js";
import { makeLioTarget } from "./lio.js";
import { makeNfsTarget } from "./nfsd.js";
import { makeNvmetTarget } from "./nvmet.js";
import type { GuestOrder } from "./order.js";
import { rbdEncrypted } from "./rbd-encrypted.js";
import { rbdFallback } from "./rbd-fallback.js";
import { rbdLife } from "./rbd-life.js";
import { targetLife } from "./target-life.js";

/** Runs in the virtual machine: carries out one order of the test on the host, and fails where something is not as it must be. */
const order = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as GuestOrder;

const targets = { iscsi: makeLioTarget, "nvme-tcp": makeNvmetTarget, nfs: makeNfsTarget };

switch (order.scenario) {
  case "rbd-life":
    await rbdLife(order);
    break;
  case "rbd-fallback":
    await rbdFallback(order);
    break;
  case "rbd-encrypted":
    await rbdEncrypted(order);
    break;
  case "target-life":
    await network(order);
    break;
  case "describe":
    console.log(JSON.stringify(await bench.host.describe(importConnection(order.connection), "test")));
    break;
  case "die":
    await dieAt(order);
    break;
}

async function network({ protocol, kills }: Extract<GuestOrder, { scenario: "target-life" }>): Promise<void> {
  const target = targets[protocol]();
  await targetLife(target, kills);
  // On the same target: making another one would cost a machine.
  if (protocol === "iscsi") await iscsiCare(target);
}
