import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { attachmentId, exportConnection, volumeId, type AttachmentRecord, type Connection, type ConnectionInfo, type FormatRecord } from "@opensds/core";
import { createHost, type FormatJournal } from "@opensds/core/host";
import type { GuestOrder } from "./order.js";

const said: string[] = [];
const say = (message: string): void => void said.push(message);
const host = createHost({ runtimeDir: "/run/opensds", log: { debug: say, info: say, warn: say, error: say } });

/** What every scenario in the virtual machine uses. */
export const bench = {
  host,
  /** What the host half has logged so far. */
  logged: (): string => said.join("\n"),
  connection: async (info: ConnectionInfo, name: string): Promise<Connection> => ({
    attachment: {
      id: attachmentId(`attachment-${name}`),
      volumeId: volumeId(`volume-${name}`),
      hostId: host.hostId,
      mode: info.readOnly ? "single-reader" : "single-writer",
      connector: await host.connectorFacts(),
      attachedAt: "2026-01-01T00:00:00.000Z",
    },
    info,
  }),
  mountPoint: (name: string): string => {
    const path = `/mnt/${name}`;
    mkdirSync(path, { recursive: true });
    return path;
  },
};

export const pathOf = (record: AttachmentRecord): string => {
  assert(record.device !== null, "the record has no device");
  return record.device.path;
};

/** A journal as a backend's: `formatting` over nothing, `formatted` over the same one. */
export function memoryJournal(): FormatJournal {
  let current: FormatRecord | null = null;
  return {
    read: () => Promise.resolve(current),
    write: (next) => {
      if (next.state === "formatting") current ??= next;
      else if (current?.state === "formatting" && current.fsUuid === next.fsUuid) current = next;
      return Promise.resolve(current ?? next);
    },
  };
}

/** Fails unless the call fails with this reason; returns the error. */
export async function refused(call: Promise<unknown>, reason: string): Promise<{ readonly message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof Error && "reason" in error, `expected ${reason}, and got ${String(error)}`);
  assert.equal(error.reason, reason, error.message);
  return error;
}

/** What a second dock, in a process of its own, finds of a connection. */
export const describedElsewhere = (connection: Connection): unknown =>
  JSON.parse(elsewhere({ scenario: "describe", connection: exportConnection(connection) }).stdout);

/** Carries out an order in another process. */
export function elsewhere(order: GuestOrder): { readonly status: number | null; readonly signal: string | null; readonly stdout: string; readonly stderr: string } {
  const file = `/tmp/order-${process.pid}.json`;
  writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
  return spawnSync(process.execPath, [process.argv[1] ?? "", file], { encoding: "utf8" });
}

export function expectGone(path: string): void {
  const name = path.slice("/dev/".length);
  const sectors = existsSync(`/sys/block/${name}`) ? readFileSync(`/sys/block/${name}/size`, "utf8").trim() : "0";
  assert.equal(sectors, "0", `${path} is still a device`);
}
