import type { CallContext, Volume } from "@opensds/core";
import { memoryReference, type ReferenceDefinition } from "@opensds/testkit/reference";

/** What a call gets instead of the backend's own answer. `work` makes that answer. */
export type Misbehaviour = (work: () => Promise<Volume>, ctx: CallContext) => Promise<Volume>;

/** A reference driver in memory whose first creates misbehave. */
export function misbehavingCreates(times: number, behave: Misbehaviour): ReferenceDefinition {
  const memory = memoryReference();
  let left = times;
  return {
    ...memory,
    connect: async (config, connecting) => {
      const backend = await memory.connect(config, connecting);
      return {
        ...backend,
        createVolume: (request, ctx) => {
          const work = () => backend.createVolume(request, ctx);
          left -= 1;
          return left >= 0 ? behave(work, ctx) : work();
        },
      };
    },
  };
}

type Settle = (resolve: (volume: Volume) => void, reject: (error: unknown) => void) => void;

/** A promise that settles as it likes: twice, both ways, or while it throws. `await` asks its `then`, since it is no plain promise. */
export class OddPromise extends Promise<Volume> {
  #settle: Settle | undefined;

  static settlingBy(settle: Settle): OddPromise {
    const odd = new OddPromise(() => undefined);
    odd.#settle = settle;
    return odd;
  }

  override then<Kept, Mended>(
    onFulfilled?: ((volume: Volume) => Kept | PromiseLike<Kept>) | null,
    onRejected?: ((reason: unknown) => Mended | PromiseLike<Mended>) | null,
  ): Promise<Kept | Mended> {
    this.#settle?.((volume) => void onFulfilled?.(volume), (error) => void onRejected?.(error));
    return new Promise<never>(() => undefined);
  }
}

/** Keeps the processor busy, so that no timer of this process can fire. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
