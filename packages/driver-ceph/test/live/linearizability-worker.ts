import { driverCaller } from "../../../testkit/test/linearizability/driver-caller.js";
import type { Answer, Invocation } from "../../../testkit/test/linearizability/history.js";
import type { Caller } from "../../../testkit/test/linearizability/run-sequence.js";
import type { Backends } from "@opensds/core";
import { openLab, type TransportName } from "./lab.js";

/** What the parent asks one of this process's callers for. */
export interface Asked {
  readonly number: number;
  readonly caller: number;
  readonly invocation: Invocation;
}

/** How it ended; a failure that is no `SouthboundError` is a bug, told in words. */
export type Told = { readonly number: number } & ({ readonly answer: Answer } | { readonly bug: string });

const [namespace = "", count = "1", named] = process.argv.slice(2);
const transport: TransportName = named === "cli" ? "cli" : "native";

// Each caller has a driver of its own, so that no guard joins or refuses what two of them do at once: the backend decides.
const callers: Caller[] = [];
const opened: Backends[] = [];
for (let caller = 0; caller < Number(count); caller += 1) {
  const backends = await openLab(namespace, transport);
  opened.push(backends);
  const driver = backends.get("ceph");
  await driver.setup();
  callers.push(driverCaller(driver));
}

async function carryOut({ caller, invocation }: Asked): Promise<Answer> {
  const carry = callers[caller];
  if (carry === undefined) throw new Error(`there is no caller ${caller}`);
  return carry(invocation);
}

process.on("message", (asked: Asked) => {
  const { number } = asked;
  const tell = (told: Told): void => void process.send?.(told);
  carryOut(asked).then(
    (answer) => tell({ number, answer }),
    (error: unknown) => tell({ number, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
// A dock that ends in order purges what it has begun to; one that is killed leaves that to the next setup, a minute later.
process.once("disconnect", () => void Promise.all(opened.map((backends) => backends.unset())));
process.send?.("ready");
