import type { CallContext, CallOptions } from "../driver/call-context.js";
import { silentLogger, type Logger } from "../driver/logger.js";
import type { Operation } from "../errors/operations.js";
import { runCall } from "../guard/run-call.js";
import type { AttachmentRecord } from "../model/attachment.js";
import type { MountRecord } from "../model/mount.js";
import { createAttacher } from "./attach.js";
import { runExclusively } from "./exclusively.js";
import { whileFrozen } from "./freeze.js";
import { growAttachment } from "./grow.js";
import type { Host, HostOptions } from "./host.js";
import { listMounts } from "./list-mounts.js";
import { connectorFactsOf, readMachine } from "./machine.js";
import { mountVolume } from "./mount.js";
import { unmountVolume } from "./unmount.js";

/** What {@link createHost} takes besides what the backends file says. */
export interface CreateHostOptions extends HostOptions {
  /** Default: says nothing. */
  readonly log?: Logger | undefined;
  /** Awaited before every step that changes the host: crash tests kill the process here. Default: nothing happens. */
  readonly onStep?: ((operation: Operation, step: string) => Promise<void> | void) | undefined;
}

/**
 * Makes the host half for this machine. It keeps nothing in memory: what it needs to know it asks the kernel, so any
 * number of processes may use it side by side, and one that is killed is finished by the next.
 */
export function createHost(options: CreateHostOptions = {}): Host {
  const runtimeDir = options.runtimeDir ?? "/run/opensds";
  const machine = readMachine(options.id);
  const attacher = createAttacher(machine, runtimeDir);
  const host = { attacher, runtimeDir };
  const environment = { log: options.log ?? silentLogger, onStep: options.onStep };

  const call = <Value>(
    operation: Operation,
    subject: { readonly backend: string | undefined; readonly resource?: string | undefined },
    callOptions: CallOptions | undefined,
    body: (ctx: CallContext) => Promise<Value>,
  ): Promise<Value> => runCall({ operation, ...subject }, environment, callOptions, async (ctx) => body(ctx));

  return {
    hostId: machine.hostId,
    exclusively: (volume, given, steps) => runExclusively(volume, runtimeDir, given, steps),
    connectorFacts: () => connectorFactsOf(machine),
    attach: (connection, backend, given) =>
      call("attachVolume", { backend, resource: connection.attachment.volumeId }, given, (ctx) => attacher.attach(connection, backend, ctx)),
    describe: (connection, backend, given) =>
      call("listAttachments", { backend, resource: connection.attachment.volumeId }, given, (ctx) => attacher.describe(connection, backend, ctx)),
    detach: (record, given) =>
      call("detachVolume", { backend: record.backend, resource: record.attachment.volumeId }, given, (ctx) => {
        checkRecord(record, "attachment", ctx);
        return attacher.detach(record, ctx);
      }),
    grow: (record, given) =>
      call("growAttachment", { backend: record.backend, resource: record.attachment.volumeId }, given, (ctx) => {
        checkRecord(record, "attachment", ctx);
        return growAttachment(record, host, ctx);
      }),
    mount: (request, journal, given) => {
      const { backend, attachment } = request.attachment;
      return call("mountVolume", { backend, resource: attachment.volumeId }, given, (ctx) => {
        checkRecord(request.attachment, "attachment", ctx);
        return mountVolume(request, journal, host, ctx);
      });
    },
    frozen: (records, { timeoutMs }, given, steps) =>
      call("createSnapshot", { backend: records[0]?.backend, resource: records[0]?.attachment.volumeId }, given, (ctx) =>
        // In one order for everybody: no two calls wait for each other's locks.
        whileFrozen(records.toSorted((a, b) => (a.attachment.volumeId < b.attachment.volumeId ? -1 : 1)), timeoutMs, steps, host, ctx),
      ),
    unmount: (record, given) =>
      call("unmountVolume", { backend: record.backend, resource: record.volumeId }, given, (ctx) => {
        checkRecord(record, "mount", ctx);
        return unmountVolume(record, host, ctx);
      }),
    listMounts: (records, given) => call("listMounts", { backend: records[0]?.backend }, given, (ctx) => listMounts(records, host, ctx)),
  };
}

/** Records come back from stores and from other versions of this package. */
function checkRecord(record: AttachmentRecord | MountRecord, type: string, ctx: CallContext): void {
  const { type: given, version }: { readonly type: string; readonly version: number } = record;
  if (given === type && version === 1) return;
  throw ctx.fail("INVALID_ARGUMENT", "bad-record", `this is no ${type} record of version 1; hand in what the call before returned`, { outcome: "none" });
}
