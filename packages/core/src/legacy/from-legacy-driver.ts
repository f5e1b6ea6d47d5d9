import * as v from "valibot";
import type { CallContext } from "../driver/call-context.js";
import { defineDriver, type DriverDefinition } from "../driver/define-driver.js";
import type { StandardSchema } from "../driver/standard-schema.js";
import type { StorageBackend } from "../driver/storage-backend.js";
import { SouthboundError } from "../errors/southbound-error.js";
import { readErrorText, type KnownError } from "./error-text.js";
import { askLegacy, callLegacy } from "./legacy-calls.js";
import { bytesOfUnit, maxLegacySize, type LegacyDriver, type LegacySizeUnit } from "./legacy-driver.js";
import { createLifted } from "./lifted-create.js";
import { deleteLifted } from "./lifted-delete.js";
import { listLiftedPage } from "./lifted-page.js";
import { findByName, getById, listAll, requireListed, type Lifted } from "./lifted-volumes.js";

/** What has to be known of a legacy driver to lift it. */
export interface FromLegacyOptions<Kind extends string> {
  /** `acme` makes the element `acme_driver` in the backends file; it takes no options. */
  readonly kind: Kind;
  /** What the driver's sizes count. No default: the proposal names no unit, and OpenSDS's own drivers differ by 1024. */
  readonly sizeUnit: LegacySizeUnit;
  /** The create parameter that is handed on as `volType`. Default: none, and `volType` is empty. */
  readonly volumeTypeParameter?: string | undefined;
  /** The longest name in bytes of UTF-8 that the driver takes. Default 128. */
  readonly nameBytes?: number | undefined;
  /** The largest volume that the driver makes, in bytes. Default: what its `int32` holds, at most 2^53 - 1. */
  readonly maxVolumeBytes?: number | undefined;
  /** Milliseconds between two looks at a volume that is being made or deleted. Default 500. */
  readonly pollMs?: number | undefined;
  /** Texts of this driver's errors, looked for before the known ones. Default: none. */
  readonly knownErrors?: readonly KnownError[] | undefined;
}

/** What stands under the element of a lifted driver: nothing. */
export type NoOptions = Readonly<Record<string, never>>;

const noOptions: StandardSchema<NoOptions> = v.record(v.string(), v.never("is no option: a lifted legacy driver takes none here"));

/** The contract's methods and no facet. */
export type LiftedBackend = Pick<
  StorageBackend,
  | "manifest"
  | "createVolume"
  | "getVolume"
  | "listVolumePage"
  | "deleteVolume"
  | "connectVolume"
  | "disconnectVolume"
  | "listConnections"
  | "readFormat"
  | "writeFormat"
  | "close"
>;

/**
 * Lifts a driver that speaks strings into the contract. What does not parse is refused, INTERNAL `legacy-reply-unreadable`;
 * error strings become errors by a small table of known texts, else INTERNAL `legacy-error`.
 *
 * Added: create keyed by name, by listing first (`nameUniqueness` is `best-effort`: nothing keeps two processes from
 * making one each), deleting of nothing, waiting until a volume is made or gone, pages, get by name.
 *
 * **Attaching is not lifted**: `protocols` and `accessModes` are empty and `connectVolume` is UNIMPLEMENTED `no-attach-method`.
 * A legacy attach makes a device on whichever machine the driver runs and answers its path. It records no attachment that
 * could be listed, made idempotent or refused to a second host, and what it answers is not how another host reaches the
 * volume (OpenSDS's own connection info lacks the cluster id and names no monitor). Attach with the legacy functions
 * themselves: lifted deletes heed the attachments and the `in-use` that the driver reports.
 */
export function fromLegacyDriver<const Kind extends string>(
  legacy: LegacyDriver,
  options: FromLegacyOptions<Kind>,
): DriverDefinition<Kind, NoOptions, LiftedBackend> {
  const unitBytes = bytesOfUnit(options.sizeUnit);
  const largest = Math.min(maxLegacySize, Math.floor((options.maxVolumeBytes ?? Number.MAX_SAFE_INTEGER) / unitBytes));
  const lifted: Lifted = {
    legacy,
    unitBytes,
    typeParameter: options.volumeTypeParameter,
    nameBytes: options.nameBytes ?? 128,
    maxVolumeBytes: largest * unitBytes,
    pollMs: options.pollMs ?? 500,
    knownErrors: options.knownErrors ?? [],
  };
  const connect = async (_config: NoOptions, ctx: CallContext<"setup">): Promise<LiftedBackend> => {
    await callLegacy(ctx, "Setup", () => legacy.Setup(), lifted.knownErrors);
    try {
      // Setup proves nothing by itself: in OpenSDS it did not connect at all.
      await listAll(lifted, ctx);
    } catch (error) {
      await askLegacy("Unset", () => legacy.Unset());
      throw error;
    }
    return backendOf(options.kind, lifted);
  };
  return defineDriver({ kind: options.kind, config: noOptions, connect });
}

function backendOf(kind: string, lifted: Lifted): LiftedBackend {
  return {
    manifest: manifestOf(kind, lifted),
    createVolume: (request, ctx) => createLifted(lifted, request, ctx),
    getVolume: async (request, ctx) => {
      const found = request.id === undefined ? await findByName(lifted, ctx, request.name) : await getById(lifted, ctx, request.id);
      if (found !== undefined) return found.volume;
      throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume named ${JSON.stringify(request.name)}`, { resource: request.name });
    },
    listVolumePage: (request, ctx) => listLiftedPage(lifted, request, ctx),
    deleteVolume: ({ id }, ctx) => deleteLifted(lifted, id, ctx),
    connectVolume: ({ volumeId }, ctx) => Promise.reject(noAttach(volumeId, ctx)),
    disconnectVolume: () => Promise.resolve(),
    listConnections: async ({ volumeId }, ctx) => {
      if (volumeId !== undefined) await requireListed(lifted, ctx, volumeId);
      return [];
    },
    readFormat: () => Promise.resolve(null),
    writeFormat: ({ volumeId }, ctx) => Promise.reject(noAttach(volumeId, ctx)),
    close: async () => {
      const answer = await askLegacy("Unset", () => lifted.legacy.Unset());
      if (!("error" in answer)) return;
      const { message } = readErrorText(answer.error, lifted.knownErrors);
      throw new SouthboundError("INTERNAL", "legacy-error", `Unset: ${message}`, { operation: "unset" });
    },
  };
}

function manifestOf(kind: string, { unitBytes, maxVolumeBytes, nameBytes, typeParameter }: Lifted): StorageBackend["manifest"] {
  return {
    kind,
    limits: { nameBytes, granularityBytes: unitBytes, minVolumeBytes: unitBytes, maxVolumeBytes },
    nameUniqueness: "best-effort",
    accessModes: [],
    protocols: [],
    parameters: typeParameter === undefined ? {} : { [typeParameter]: "the volume's type, in the legacy driver's own words" },
  };
}

function noAttach(volumeId: string, ctx: CallContext): SouthboundError {
  const message = "a lifted legacy driver makes no connections: its own AttachVolume makes the device where it runs";
  return ctx.fail("UNIMPLEMENTED", "no-attach-method", message, { resource: volumeId, outcome: "none" });
}
