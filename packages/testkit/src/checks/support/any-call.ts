import type { VolumeDriver } from "@opensds/core";
import type { CheckContext } from "../../check-context.js";

/** An operation with a request that is well-formed, where its things need not exist. */
export interface AnyCall {
  /** `createVolume`, or a facet's as `snapshots.createSnapshot`. */
  readonly operation: string;
  /** Every field of it is required, unless `optional` names it. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly optional?: readonly string[];
  /** The request is a record: it may have fields that a later release knows. */
  readonly open?: boolean;
}

/** Every operation that takes a request and that this backend has. Nothing of what they name exists. */
export function anyCalls(ctx: CheckContext): readonly AnyCall[] {
  const name = ctx.name("no-such");
  const id = ctx.name("no-such-id");
  const capacity = { requiredBytes: ctx.sizes.small };
  const record = { type: "attachment", version: 1, backend: ctx.driver.backend, attachment: {}, device: null };
  const calls: readonly AnyCall[] = [
    { operation: "createVolume", request: { name, capacity, parameters: {} }, optional: ["parameters"] },
    { operation: "getVolume", request: { name } },
    { operation: "listVolumes", request: { pageSize: 1 }, optional: ["pageSize"] },
    { operation: "deleteVolume", request: { id } },
    { operation: "attachVolume", request: { volumeId: id, mode: "single-writer" }, optional: ["mode"] },
    { operation: "connectVolume", request: { volumeId: id, connector: ctx.otherHost("any") } },
    { operation: "disconnectVolume", request: { volumeId: id, attachmentId: id } },
    { operation: "listAttachments", request: { volumeId: id }, optional: ["volumeId"] },
    { operation: "listMounts", request: { directory: "/no/such" }, optional: ["directory"] },
    { operation: "detachVolume", request: record, open: true },
    { operation: "mountVolume", request: { attachment: record, directory: "/no/such" } },
    { operation: "unmountVolume", request: { type: "mount", version: 1, backend: ctx.driver.backend, volumeId: id, directory: "/no/such" }, open: true },
    { operation: "snapshots.createSnapshot", request: { name, sourceVolumeId: id } },
    { operation: "snapshots.getSnapshot", request: { name } },
    { operation: "snapshots.deleteSnapshot", request: { id } },
    { operation: "snapshots.revertVolume", request: { volumeId: id, snapshotId: id } },
    { operation: "expansion.expandVolume", request: { id, capacity } },
    { operation: "qos.modifyVolume", request: { id, qos: { iops: 100 } } },
    { operation: "qos.getQos", request: { id } },
    { operation: "groups.createGroup", request: { name, volumeIds: [id] } },
    { operation: "groups.getGroup", request: { id } },
    { operation: "groups.updateGroup", request: { id, add: [id] }, optional: ["add"] },
    { operation: "groups.deleteGroup", request: { id } },
    { operation: "groups.createGroupSnapshot", request: { name, groupId: id } },
    { operation: "groups.getGroupSnapshot", request: { id } },
    { operation: "groups.deleteGroupSnapshot", request: { id } },
    { operation: "imports.importVolume", request: { reference: id, name } },
    { operation: "imports.unmanageVolume", request: { id } },
    { operation: "trash.undeleteVolume", request: { id } },
    { operation: "trash.purgeVolume", request: { id } },
    { operation: "health.getHealth", request: { id } },
  ];
  return calls.filter(({ operation }) => methodOf(ctx.driver, operation) !== undefined);
}

/**
 * Calls an operation with anything at all, as a caller without types would. A list is read to its first page. Fails the check when
 * the call itself throws (SB-ERROR-3).
 */
export async function callAnyhow(ctx: CheckContext, driver: VolumeDriver, operation: string, ...args: readonly unknown[]): Promise<unknown> {
  const found = methodOf(driver, operation);
  if (found === undefined) return ctx.fail(`the driver has ${operation}`, driver.manifest.facets);
  let result: unknown;
  try {
    result = Reflect.apply(found.method, found.owner, args);
  } catch (error) {
    return ctx.fail(`${operation} fails by the promise that it returns, and never throws from the call itself`, error);
  }
  if (isIterable(result)) for await (const item of result) return item;
  return result;
}

type Method = (...args: never[]) => unknown;

function methodOf(driver: VolumeDriver, operation: string): { readonly owner: object; readonly method: Method } | undefined {
  const [facet = "", name] = operation.split(".");
  const owner: unknown = name === undefined ? driver : Reflect.get(driver, facet);
  if (typeof owner !== "object" || owner === null) return undefined;
  const method: unknown = Reflect.get(owner, name ?? facet);
  return isMethod(method) ? { owner, method } : undefined;
}

const isMethod = (value: unknown): value is Method => typeof value === "function";

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;
