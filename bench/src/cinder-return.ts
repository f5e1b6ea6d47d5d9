import { readyTimes } from "@opensds/lab";
import type { Rounds } from "./row.js";

/** One create: which volume, and when it was asked for and returned, in milliseconds since 1970. */
export interface Create {
  readonly id: string;
  readonly askedMs: number;
  readonly returnedMs: number;
}

/** How long after cinder-volume had made each volume our create returned it, beside how long Cinder took from when we were asked. */
export async function returnAfterReady(rounds: readonly (readonly Create[])[]): Promise<Rounds> {
  const ready = await readyTimes();
  const at = ({ id }: Create): number => {
    const time = ready.get(id);
    if (time === undefined) throw new Error(`cinder-volume's log has no volume ${id}`);
    return time;
  };
  return {
    ours: rounds.map((round) => round.map((create) => create.returnedMs - at(create))),
    peer: rounds.map((round) => round.map((create) => at(create) - create.askedMs)),
  };
}
