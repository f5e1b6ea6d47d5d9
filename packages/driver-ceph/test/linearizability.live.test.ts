import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSequences, seedOfRun } from "../../testkit/test/linearizability/check-sequences.js";
import { runSequence } from "../../testkit/test/linearizability/run-sequence.js";
import { startCallers, underPrefix, type CallerProcess } from "./live/caller-process.js";
import { live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";

const runs = Number(process.env["SB_SEQUENCES"] ?? 20);
const processes = 2;
const callersEach = 2;

describe.runIf(live).each(transports)("two processes on one cluster (%s)", { timeout: 1_200_000 }, (transport) => {
  let lab: LabNamespace;
  let started: readonly CallerProcess[];

  beforeAll(async () => {
    lab = await openNamespace("linear", transport);
    started = await Promise.all(Array.from({ length: processes }, () => startCallers(lab.name, callersEach, transport)));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(started.map((one) => one.stop()));
    await lab.remove();
  }, 120_000);

  /** Takes what a sequence left out of the way of the next. */
  async function clear(): Promise<void> {
    for await (const { id: volumeId } of lab.driver.listVolumes()) {
      for (const { attachment } of await lab.driver.listAttachments({ volumeId, hostId: "all" })) {
        await lab.driver.disconnectVolume({ volumeId, attachmentId: attachment.id });
      }
      await lab.driver.deleteVolume({ id: volumeId });
    }
  }

  // Attempts show: an attachment and a closing for deletion are two cells, and whoever meets the other gives way.
  it(`give linearisable histories: ${runs} sequences of 50 or more calls`, async () => {
    const callers = started.flatMap((one) => one.callers);
    const shape = { runs, lengths: [50, 56], callers: callers.length, connects: true, retries: 2, shrinkingMs: 120_000, attemptsShow: true } as const;
    const began = performance.now();
    const report = await checkSequences(shape, seedOfRun(), async (sequence) => {
      const prefix = `${uniqueName("seq")}-`;
      const history = await runSequence(sequence, callers.map((caller) => underPrefix(prefix, caller)));
      await clear();
      return history;
    });
    const { seed, sequences, calls, unknown } = report;
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(
      `linearisability on Ceph: ${sequences} sequences by ${callers.length} callers in ${processes} processes, ${calls} calls, ` +
        `${unknown} of unknown outcome, ${seconds} s; seed ${seed} (again: SB_SEED=${seed})`,
    );
    expect(report.failure).toBeUndefined();
    expect(sequences).toBe(runs);
    expect(report.fewestCommands).toBeGreaterThanOrEqual(50);
  });
});
