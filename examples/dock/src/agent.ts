import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AttachmentRecord, Backends, CallOptions, MountRecord, Volume, VolumeDriver } from "@opensds/core";
import { answer, badRequest, readBody, type Body } from "./answer.js";

/**
 * The agent of one machine. It keeps nothing: what is attached and mounted here is asked of the backend and the kernel, so it may be
 * killed and started again between any two requests.
 *
 * GET /  ·  GET /BACKEND/volumes  ·  GET, PUT, DELETE /BACKEND/volumes/NAME  ·  PUT, DELETE .../NAME/attachment and .../NAME/mount
 */
export function createAgent(backends: Backends): Server {
  return createServer((request, response) => {
    // Whoever hangs up does not wait any more; what was begun converges when it is asked for again.
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    void answer(response, route(backends, request, { signal: gone.signal, timeoutMs: 60_000 }));
  });
}

async function route(backends: Backends, request: IncomingMessage, options: CallOptions): Promise<unknown> {
  const [backend, volumes, name, part, ...more] = new URL(request.url ?? "/", "http://agent").pathname.split("/").slice(1).map(decodeURIComponent);
  if (backend === undefined || backend === "") return { backends: backends.names };
  if (volumes !== "volumes" || more.length > 0) throw badRequest("there is nothing under this path");
  // NOT_FOUND, with the names that there are, where there is no such backend.
  const driver = backends.get(backend);
  const what = [request.method, name === undefined ? "list" : (part ?? "volume")].join(" ");
  switch (what) {
    case "GET list":
      return list(driver, options);
    case "GET volume":
      return driver.getVolume({ name: name ?? "" }, options);
    case "PUT volume":
      return create(driver, name ?? "", await readBody(request), options);
    case "DELETE volume":
      return remove(driver, name ?? "", options);
    case "PUT attachment":
      return attach(driver, name ?? "", options);
    case "DELETE attachment":
      return detach(driver, name ?? "", options);
    case "PUT mount":
      return mount(driver, name ?? "", await readBody(request), options);
    case "DELETE mount":
      return unmount(driver, name ?? "", options);
    default:
      throw badRequest(`${request.method ?? ""} is not for this path`);
  }
}

async function list(driver: VolumeDriver, options: CallOptions): Promise<readonly Volume[]> {
  const found: Volume[] = [];
  for await (const volume of driver.listVolumes({}, options)) found.push(volume);
  return found;
}

/** What is no size is refused by the driver, in words; asked again it gives the same volume. */
async function create(driver: VolumeDriver, name: string, { sizeBytes }: Body, options: CallOptions): Promise<Volume> {
  return driver.createVolume({ name, capacity: { requiredBytes: Number(sizeBytes) } }, options);
}

/** Deleting is by id: a name may have been given to another volume meanwhile. */
async function remove(driver: VolumeDriver, name: string, options: CallOptions): Promise<{ readonly deleted: string }> {
  const { id } = await driver.getVolume({ name }, options);
  await driver.deleteVolume({ id }, options);
  return { deleted: id };
}

/** Again gives the same attachment: a client that saw no answer simply asks again. */
async function attach(driver: VolumeDriver, name: string, options: CallOptions): Promise<AttachmentRecord> {
  const { id } = await driver.getVolume({ name }, options);
  return driver.attachVolume({ volumeId: id }, options);
}

/** The record may be of an attach before a restart: it is rebuilt here. */
async function detach(driver: VolumeDriver, name: string, options: CallOptions): Promise<{ readonly detached: number }> {
  const { id } = await driver.getVolume({ name }, options);
  const attachments = await driver.listAttachments({ volumeId: id }, options);
  for (const attachment of attachments) await driver.detachVolume(attachment, options);
  return { detached: attachments.length };
}

async function mount(driver: VolumeDriver, name: string, { directory }: Body, options: CallOptions): Promise<MountRecord> {
  if (typeof directory !== "string") throw badRequest("give { directory }: where to mount");
  const attachment = await attach(driver, name, options);
  return driver.mountVolume({ attachment, directory, createDirectory: true }, options);
}

async function unmount(driver: VolumeDriver, name: string, options: CallOptions): Promise<{ readonly unmounted: number }> {
  const { id } = await driver.getVolume({ name }, options);
  const mounts = await driver.listMounts({ volumeId: id }, options);
  for (const one of mounts) await driver.unmountVolume(one, options);
  return { unmounted: mounts.length };
}
