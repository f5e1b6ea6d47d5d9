import { hostId, importConnection } from "@opensds/core";
import { createHost } from "@opensds/core/host";
import { readFile } from "node:fs/promises";
import type { Check } from "../check.js";
import { deviceOf, readDevice, writeDevice } from "./support/device-bytes.js";
import { endHolder, startHolder } from "./support/programs.js";

/** Devices that several processes have to do with. */
export const deviceProcessChecks: readonly Check[] = [
  {
    id: "ATTACH-12",
    family: "attach",
    level: "full",
    title: "Detaching a volume that is mounted in another process's mount namespace only is refused, and the error names that process",
    rules: ["SB-DETACH-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("namespace", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const record = await driver.attachVolume({ volumeId });
      const mounted = await driver.mountVolume({ attachment: record, directory });
      // The new namespace begins as a private copy of this one, and keeps the mount when it goes here.
      const holder = await startHolder(ctx, "unshare", "--mount", "sh", "-c", "echo ready; read line");
      await driver.unmountVolume(mounted);
      const inNamespace = await readFile(`/proc/${holder.pid}/mountinfo`, "utf8");
      ctx.ok(inNamespace.includes(` ${directory} `), "the other process still has the mount", inNamespace);

      const held = { code: "FAILED_PRECONDITION", reason: "device-held", outcome: "none" } as const;
      const other = await ctx.open();
      for (const dock of [driver, other]) {
        const error = await ctx.expectError(dock.detachVolume(record), held, "detachVolume of a volume mounted in another namespace");
        ctx.ok(error.message.includes(String(holder.pid)), `the error names process ${holder.pid}`, error);
      }
      ctx.equal(await driver.listAttachments({ volumeId }), [record], "the attachments after the refused detach");
      await endHolder(holder);
      await driver.detachVolume(record);
      ctx.equal(await driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after the process has ended");
    },
  },
  {
    id: "ATTACH-13",
    family: "attach",
    level: "full",
    title: "A connection that another process got and exported is imported, attached and detached here, by a host of its own",
    rules: ["SB-CONNECT-1"],
    needs: ["device", "processes"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("exported")).id;
      const bytes = ctx.random.bytes(4096);
      const writing = await driver.attachVolume({ volumeId });
      await writeDevice(deviceOf(writing), 0, bytes);
      await driver.detachVolume(writing);

      // A host half that knows nothing of the backend: what it needs is in the text.
      const host = createHost({ id: hostId(ctx.name("host")), runtimeDir: await ctx.temporaryDirectory() });
      const dock = await ctx.worker();
      const text = await dock.connectExported({ volumeId, connector: await host.connectorFacts() });
      const connection = importConnection(text);
      ctx.equal(connection.attachment.hostId, host.hostId, "the host of the imported connection");
      const attached = await host.attach(connection, driver.backend, { signal: ctx.signal });
      ctx.defer("detach the imported connection", () => host.detach(attached));
      const read = await readDevice(deviceOf(attached), 0, bytes.length);
      ctx.ok(read.equals(bytes), "the device has the volume's bytes", read.subarray(0, 16));
      const later = ctx.random.bytes(4096);
      await writeDevice(deviceOf(attached), 8192, later);
      await host.detach(attached, { signal: ctx.signal });
      await dock.disconnectVolume({ volumeId, attachmentId: connection.attachment.id });

      const reading = await driver.attachVolume({ volumeId });
      const there = await readDevice(deviceOf(reading), 8192, later.length);
      ctx.ok(there.equals(later), "the volume has what the other host wrote", there.subarray(0, 16));
      await driver.detachVolume(reading);
    },
  },
];
