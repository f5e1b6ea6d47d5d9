import { loadProgram, startLvmMachine, type LvmMachine } from "@opensds/lab";
import { afterAll, beforeAll, describe, it, onTestFailed } from "vitest";
import { labOptions } from "./live/lab.js";
import type { LvmOrder } from "./vm/lvm-life.js";

/** Each of Cinder's steps on LVM starts programs in an emulated machine. */
const timeoutMs = 400_000;

describe("Cinder's LVM backend", () => {
  let machine: LvmMachine | undefined;
  beforeAll(async () => {
    machine = await startLvmMachine();
  }, timeoutMs);
  afterAll(() => machine?.stop());

  it("serves a volume through its life: made, attached, formatted, written, grown, read again, deleted", async () => {
    if (machine === undefined) throw new Error("there is no machine");
    const { vm, volumeType, logText } = machine;
    onTestFailed(() => {
      console.error(logText().split("\n").slice(-40).join("\n"));
    });
    const program = await loadProgram(vm, new URL("vm/lvm-life.ts", import.meta.url));
    const order: LvmOrder = { options: labOptions(), volumeType };
    console.log(await program.run("lvm-life", order, timeoutMs));
  }, timeoutMs + 20_000);
});
