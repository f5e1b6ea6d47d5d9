import { errorToJSON, hostId, volumeId, type CapacityRange, type OpenBackendsOptions } from "@opensds/core";
import type { CephOptions } from "@opensds/driver-ceph";
import { openLab, type TransportName } from "./lab.js";

/** What the parent asks a worker for. */
export interface Job {
  readonly number: number;
  readonly method: "create" | "delete" | "connect" | "end";
  /** A volume's name for `create`, its id for the others; for `end`, after which the process is gone, whether to close first: `unset` or `leave`. */
  readonly of: string;
  readonly capacity?: CapacityRange;
  /** The id of the volume that a `create` copies. */
  readonly sourceVolumeId?: string;
  /** Kill this process before this step, at its n-th time. */
  readonly killAt?: { readonly step: string; readonly time: number };
  /** Kill this process this long after the job began. */
  readonly killAfterMs?: number;
}

let job: Job | undefined;
let seen = 0;

const transport: TransportName = process.argv[3] === "cli" ? "cli" : "native";
const options: OpenBackendsOptions = {
  onStep: (_operation, step) => {
    if (job?.killAt?.step !== step) return;
    seen += 1;
    if (seen === job.killAt.time) process.kill(process.pid, "SIGKILL");
  },
};
const backends = await openLab(process.argv[2] ?? "", transport, options, JSON.parse(process.argv[4] ?? "{}") as Partial<CephOptions>);
const driver = backends.get("ceph");
await driver.setup();

const work = async ({ method, of, capacity, sourceVolumeId }: Job): Promise<unknown> => {
  if (method === "end") {
    if (of === "unset") await backends.unset();
    process.disconnect();
    return undefined;
  }
  if (method === "create") {
    const source = sourceVolumeId === undefined ? {} : ({ source: { kind: "volume", volumeId: volumeId(sourceVolumeId) } } as const);
    return driver.createVolume({ name: of, capacity: capacity ?? { requiredBytes: 1 << 20 }, ...source });
  }
  if (method === "delete") return driver.deleteVolume({ id: volumeId(of) });
  const connector = { hostId: hostId("killed-host"), hostName: "killed host", bootId: "boot" };
  return (await driver.connectVolume({ volumeId: volumeId(of), connector })).attachment;
};

process.on("message", (asked: Job) => {
  job = asked;
  seen = 0;
  if (asked.killAfterMs !== undefined) setTimeout(() => process.kill(process.pid, "SIGKILL"), asked.killAfterMs);
  void work(asked).then(
    (value) => process.connected && process.send?.({ number: asked.number, value }),
    (error: unknown) => process.send?.({ number: asked.number, error: errorToJSON(error) }),
  );
});
process.send?.("ready");
