// A driver as its author writes it, in plain TypeScript, with every kind of facet list: it compiles with exactOptionalPropertyTypes on
// and off.
import {
  defineDriver,
  type AuthoredPageRequest,
  type BackendCreateRequest,
  type BackendFacets,
  type BackendWith,
  type CallContext,
  type ListSnapshotsRequest,
  type Page,
  type Snapshot,
  type StorageBackend,
  type Volume,
} from "@opensds/core";
import { arrayOptions, bare, health, type ArrayOptions } from "./support.js";

class ArrayBackend implements StorageBackend {
  readonly manifest = bare.manifest;
  readonly health = health;
  readonly doctor: BackendFacets["doctor"] | undefined;
  readonly #options: ArrayOptions;

  constructor(options: ArrayOptions) {
    this.#options = options;
    this.doctor = options.portals === undefined ? undefined : { examine: () => Promise.resolve([]) };
  }

  async createVolume(request: BackendCreateRequest, ctx: CallContext<"createVolume">): Promise<Volume> {
    await ctx.step("make the volume");
    ctx.signal.throwIfAborted();
    if (request.capacity.limitBytes === 0) throw ctx.fail("OUT_OF_RANGE", "too-small", "0 bytes are no volume", { outcome: "none", cause: undefined });
    ctx.log.debug(`${this.#options.pool} has ${ctx.remainingMs()} ms left, secret ${this.#options.password?.reveal().length ?? 0}`);
    return bare.createVolume(request, ctx);
  }

  readonly getVolume = bare.getVolume.bind(bare);
  readonly listVolumePage = bare.listVolumePage.bind(bare);
  readonly deleteVolume = bare.deleteVolume.bind(bare);
  readonly connectVolume = bare.connectVolume.bind(bare);
  readonly disconnectVolume = bare.disconnectVolume.bind(bare);
  readonly listConnections = bare.listConnections.bind(bare);
  readonly readFormat = bare.readFormat.bind(bare);
  readonly writeFormat = bare.writeFormat.bind(bare);
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: ["health"], maybe: ["doctor"] },
  connect: (config) => Promise.resolve(new ArrayBackend(config)),
});
export default array;

export const held: BackendWith<"health", "doctor"> = { ...bare, health, doctor: undefined, trash: undefined };

export const listSnapshotPage = ({ pageSize, token, sourceVolumeId }: AuthoredPageRequest<ListSnapshotsRequest>): Promise<Page<Snapshot>> =>
  Promise.resolve({ items: [], nextToken: token === undefined || sourceVolumeId === undefined ? undefined : `${token}${pageSize}` });
