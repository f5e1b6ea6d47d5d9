import type { DriverWith, QosLimits, VolumeId } from "@opensds/core";
import type { CheckContext } from "../../check-context.js";
import { refusedWith } from "./refusal.js";

/** A limit of a volume's traffic. */
export type Limit = keyof QosLimits;

const limits: readonly Limit[] = ["iops", "readIops", "writeIops", "bytesPerSecond", "readBytesPerSecond", "writeBytesPerSecond"];
const requests: readonly Limit[] = ["iops", "readIops", "writeIops"];

/** How a limit is refused that this backend, or the way to a device, cannot keep. */
export const unsupported = { code: "INVALID_ARGUMENT", reason: "qos-unsupported", outcome: "none" } as const;

/** Which limits a backend keeps, and which it does not. */
export interface KeptLimits {
  readonly first: Limit;
  readonly last: Limit;
  readonly kept: readonly Limit[];
  readonly others: readonly Limit[];
}

/** A value that any array can keep; another one for each number. */
export const valueOf = (limit: Limit, number: number): number => (requests.includes(limit) ? 1_000 + number : (64 + number) * 2 ** 20);

/** Tries limits on a volume of its own, all at once and then, where that is refused, each; skips the check where the backend keeps none. */
export async function keptLimits(ctx: CheckContext, { qos }: DriverWith<"qos">, tried: readonly Limit[] = limits): Promise<KeptLimits> {
  const { id } = await ctx.create("tried");
  const keeps = async (some: readonly Limit[]): Promise<boolean> => {
    const change = qos.modifyVolume({ id, qos: Object.fromEntries(some.map((limit) => [limit, valueOf(limit, 0)])) });
    return !(await refusedWith(ctx, change, unsupported, `modifyVolume with ${some.join(", ")}`));
  };
  const kept = (await keeps(tried)) ? [...tried] : [];
  if (kept.length === 0) for (const limit of tried) if (await keeps([limit])) kept.push(limit);
  const [first] = kept;
  const last = kept.at(-1);
  if (first === undefined || last === undefined) return ctx.skip(`as it is configured, this backend keeps no limit (it refuses ${tried.join(", ")} as qos-unsupported)`);
  return { first, last, kept, others: tried.filter((limit) => !kept.includes(limit)) };
}

/** Fails unless every one of these docks says that these limits are in force. */
export async function expectLimits(ctx: CheckContext, docks: readonly DriverWith<"qos">[], id: VolumeId, expected: QosLimits, when: string): Promise<void> {
  for (const [index, dock] of docks.entries()) {
    ctx.equal(await dock.qos.getQos({ id }), expected, `the limits in force ${when}, read by ${index === 0 ? "the same" : "another"} dock`);
  }
}
