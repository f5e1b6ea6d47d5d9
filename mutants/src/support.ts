import { isSouthboundError, SouthboundError, type CallContext, type GetVolumeRequest, type Operation, type StorageBackend, type Volume } from "@opensds/core";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";

// Nothing here breaks a rule: what a mutant does wrong stands in the mutant.

type AnyContext = Pick<CallContext, "signal" | "remainingMs" | "step" | "log">;

/** The same call's context for another operation, to call the sound backend with. */
export function via<Op extends Operation>(operation: Op, ctx: AnyContext): CallContext<Op> {
  return {
    operation,
    signal: ctx.signal,
    remainingMs: () => ctx.remainingMs(),
    step: (name) => ctx.step(name),
    log: ctx.log,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation }),
  };
}

/** The same, for what goes on when the call has been given up. */
export const deaf = <Op extends Operation>(operation: Op, ctx: AnyContext): CallContext<Op> =>
  via(operation, { signal: new AbortController().signal, remainingMs: () => 60_000, step: () => Promise.resolve(), log: ctx.log });

/** The volume, or undefined where there is none to be had. */
export const find = (sound: StorageBackend, request: GetVolumeRequest, ctx: AnyContext): Promise<Volume | undefined> =>
  sound.getVolume(request, deaf("getVolume", ctx)).catch(() => undefined);

/** The hosts that have the volume now. */
export const holders = async (sound: StorageBackend, volumeId: Volume["id"], ctx: AnyContext): Promise<readonly string[]> =>
  (await sound.listConnections({ volumeId }, deaf("listAttachments", ctx)).catch(() => [])).map(({ attachment }) => attachment.hostId);

/** Whether an error is a southbound one with this code. */
export const isCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;

/** Whether an error is a southbound one with this reason. */
export const isReason = (error: unknown, reason: string): boolean => error instanceof Error && "reason" in error && error.reason === reason;

/** The same error, told otherwise. */
export function retold(error: unknown, tell: (message: string) => string): unknown {
  if (!isSouthboundError(error)) return error;
  const { code, reason, operation, backend, resource, outcome, recovery } = error;
  return new SouthboundError(code, reason, tell(error.message), { operation, backend, resource, outcome, recovery, details: error.details });
}

/** A request or record with one field changed, where it is of the expected type; callers may hand over anything at all. */
export function withField<Given, Field extends keyof Given>(given: Given, field: Field, type: string, change: (value: Given[Field]) => Given[Field]): Given {
  const is = typeof given === "object" && given !== null && typeof Reflect.get(given, field) === type;
  return is ? { ...given, [field]: change(given[field]) } : given;
}

/** What stands at a place in anything at all; undefined where there is nothing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}

/** The file behind a loop device. */
export function backingFile(devicePath: unknown): string | undefined {
  try {
    return readFileSync(`/sys/block/${basename(typeof devicePath === "string" ? devicePath : "none")}/loop/backing_file`, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

/** Opens a file that is larger than a few MiB, for work at the place where its last MiB begins. */
export function inLastMiB(path: string, work: (file: number, at: number) => void): void {
  const file = openSync(path, "r+");
  const begin = fstatSync(file).size - 2 ** 20;
  if (begin > 2 ** 20) work(file, begin);
  closeSync(file);
}
