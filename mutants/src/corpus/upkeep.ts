import type { AttachmentId } from "@opensds/core";
import type { Mutant } from "../mutant.js";
import { deaf, isReason } from "../support.js";

/** Changed blocks, health, reconciliation, fencing and the doctor. */
export const upkeepMutants: readonly Mutant[] = [
  {
    name: "tells whole objects of 4 MiB, also beyond the volume's end",
    breaks: "SB-CHANGED-1",
    seen: "`rbd diff --whole-object` with the size rounded up",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            yield { ...extent, lengthBytes: Math.max(extent.lengthBytes, 2 ** 22) };
          }
        },
      },
    }),
  },
  {
    name: "does not say that the last bytes changed",
    breaks: "SB-CHANGED-2",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          let held;
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            if (held !== undefined) yield held;
            held = extent;
          }
        },
      },
    }),
  },
  {
    name: "cuts the extent in which the start lies",
    breaks: "SB-CHANGED-3",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          const { startOffsetBytes = 0 } = request;
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            const cut = Math.max(0, startOffsetBytes - extent.offsetBytes);
            yield { ...extent, offsetBytes: extent.offsetBytes + cut, lengthBytes: extent.lengthBytes - cut };
          }
        },
      },
    }),
  },
  {
    name: "says that nobody has an attached volume open",
    breaks: "SB-HEALTH-1",
    seen: "measured on the lab: a read-only opener leaves no watcher",
    backend: () => (sound) => ({ health: { getHealth: async (request, ctx) => ({ ...(await sound.health.getHealth(request, ctx)), openedBy: [] }) } }),
  },
  {
    name: "mends what it finds, also where nobody asked for it",
    breaks: "SB-RECONCILE-1",
    backend: () => (sound) => ({ reconciliation: { reconcile: (_request, ctx) => sound.reconciliation.reconcile({ repair: true }, ctx) } }),
  },
  {
    name: "says of everything that it was repaired",
    breaks: "SB-RECONCILE-2",
    seen: "ceph-csi 1728: \"task added\", and the image stays in the trash",
    backend: () => (sound) => ({
      reconciliation: {
        reconcile: async ({ repair = false }, ctx) => (await sound.reconciliation.reconcile({}, ctx)).map((orphan) => ({ ...orphan, repaired: repair })),
      },
    }),
  },
  {
    name: "takes a volume that nobody has attached for a leftover",
    breaks: "SB-RECONCILE-3",
    seen: "csi-test 204, 226: what was not made by the caller was deleted",
    backend: () => (sound) => ({
      reconciliation: {
        reconcile: async (request, ctx) => {
          const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
          const free = items.filter(({ state }) => state === "available" && request.repair === true);
          for (const { id } of free) await sound.deleteVolume({ id }, deaf("deleteVolume", ctx)).catch(() => undefined);
          return sound.reconciliation.reconcile(request, ctx);
        },
      },
    }),
  },
  {
    name: "takes a host's attachments and lets its writes through",
    breaks: "SB-FENCE-1",
    seen: "k8s force-detach: the attachment object goes, the node writes on",
    backend: () => (sound) => ({
      fencing: {
        fenceHost: async (request, ctx) => {
          const attachmentIds: AttachmentId[] = [];
          for (const { attachment } of await sound.listConnections({ hostId: request.hostId }, deaf("listAttachments", ctx))) {
            await sound.disconnectVolume({ volumeId: attachment.volumeId, attachmentId: attachment.id }, deaf("disconnectVolume", ctx));
            attachmentIds.push(attachment.id);
          }
          return { ...(await sound.fencing.fenceHost(request, ctx)), attachmentIds };
        },
      },
    }),
  },
  {
    name: "refuses to fence a host twice",
    breaks: "SB-FENCE-2",
    backend: () => {
      const fenced = new Set<string>();
      return (sound) => ({
        fencing: {
          fenceHost: async (request, ctx) => {
            if (fenced.has(request.hostId)) throw ctx.fail("FAILED_PRECONDITION", "host-fenced", `host ${request.hostId} is fenced already`, { outcome: "none" });
            fenced.add(request.hostId);
            return sound.fencing.fenceHost(request, ctx);
          },
        },
      });
    },
  },
  {
    name: "knows only the fences that the opened driver has put up itself",
    breaks: "SB-FENCE-3",
    seen: "a blocklist in the memory of the agent that died",
    backend: () => (sound) => {
      const own = new Set<string>();
      return {
        connectVolume: (request, ctx) =>
          sound.connectVolume(request, ctx).catch(async (error: unknown) => {
            if (!isReason(error, "host-fenced") || own.has(request.connector.hostId)) throw error;
            await sound.fencing.unfenceHost({ hostId: request.connector.hostId }, deaf("unfenceHost", ctx));
            return sound.connectVolume(request, ctx);
          }),
        fencing: {
          fenceHost: (request, ctx) => {
            own.add(request.hostId);
            return sound.fencing.fenceHost(request, ctx);
          },
        },
      };
    },
  },
  {
    name: "says what is wrong and not what to do about it",
    breaks: "SB-DOCTOR-1",
    seen: "ceph-csi 4375: an error that says nothing of who, or what to do",
    backend: () => (sound) => ({
      doctor: {
        examine: async (ctx) => [...(await sound.doctor.examine(ctx)), { check: "clock", status: "warning", message: "the clock is two minutes late" }],
      },
    }),
  },
  {
    name: "knows nothing bad of a volume that is not there",
    breaks: "SB-ERROR-7",
    seen: "CSI's NodeGetVolumeStats of a path that is a plain directory by now: the root disk's figures",
    backend: () => (sound) => ({
      health: {
        getHealth: (request, ctx) =>
          sound.health.getHealth(request, ctx).catch((error: unknown) => {
            if (!isReason(error, "volume-not-found")) throw error;
            return { condition: "unknown", findings: [], used: { kind: "unknown" }, openedBy: [] };
          }),
      },
    }),
  },
];
