import * as v from "valibot";
import type { Call } from "../call.js";
import type { Api } from "./api.js";
import { unless } from "./failure.js";
import { attachmentShape, decode, volumeShape, type CinderAttachment, type CinderVolume } from "./shapes.js";

/** What a new volume shall be. */
export interface NewVolume {
  readonly size: number;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volume_type?: string | undefined;
  readonly availability_zone?: string | undefined;
  readonly snapshot_id?: string | undefined;
  readonly source_volid?: string | undefined;
}

/** Cinder's calls on volumes and attachments. They fail with `HttpFailure`; what is not there is undefined, or done. */
export interface Volumes {
  create(call: Call, volume: NewVolume): Promise<CinderVolume>;
  get(call: Call, id: string): Promise<CinderVolume | undefined>;
  /** Undefined: the marker is not there any more. */
  page(call: Call, query: Readonly<Record<string, string | number>>): Promise<readonly CinderVolume[] | undefined>;
  /** False: it was not there. */
  remove(call: Call, id: string): Promise<boolean>;
  /** Adds keys, or replaces their values. False: the volume is not there. */
  addMetadata(call: Call, id: string, metadata: Readonly<Record<string, string>>): Promise<boolean>;
  removeMetadata(call: Call, id: string, key: string): Promise<void>;
  act(call: Call, id: string, action: Readonly<Record<string, unknown>>): Promise<void>;
  /** Reserves the volume where it is free (400 where it is not); the attachment belongs to no host yet. */
  reserve(call: Call, id: string, options: { readonly instance?: string | undefined; readonly mode?: "ro" | undefined }): Promise<CinderAttachment>;
  attachments(call: Call, id: string): Promise<readonly CinderAttachment[]>;
  /** Every attachment that the project has. */
  allAttachments(call: Call): Promise<readonly CinderAttachment[]>;
  /** Tells Cinder the host; the answer says how it reaches the volume. Undefined: not there any more. */
  connect(call: Call, attachmentId: string, connector: Readonly<Record<string, unknown>>): Promise<CinderAttachment | undefined>;
  /** False: not there any more. */
  complete(call: Call, attachmentId: string): Promise<boolean>;
  detach(call: Call, attachmentId: string): Promise<void>;
  /** Why the latest things with a resource failed, latest first. */
  messages(call: Call, id: string): Promise<readonly string[]>;
}

const oneVolume = v.object({ volume: volumeShape });
const manyVolumes = v.object({ volumes: v.array(volumeShape) });
const oneAttachment = v.object({ attachment: attachmentShape });
const manyAttachments = v.object({ attachments: v.array(attachmentShape) });
const manyMessages = v.object({ messages: v.array(v.object({ user_message: v.string(), created_at: v.string() })) });

const pageLimit = 1000;

export function createVolumes(api: Api): Volumes {
  const gone = [404];
  const attachmentsPage = async (call: Call, query: Readonly<Record<string, string | number>>) => {
    const answer = await api(call, { method: "GET", path: "/attachments/detail", query: { ...query, limit: pageLimit } });
    return decode("GET /attachments/detail", answer, manyAttachments).attachments;
  };
  return {
    create: async (call, volume) => {
      const answer = await api(call, { method: "POST", path: "/volumes", body: { volume } });
      return decode("POST /volumes", answer, oneVolume).volume;
    },
    get: async (call, id) => {
      const answer = await unless(gone, api(call, { method: "GET", path: `/volumes/${id}` }));
      return answer && decode("GET /volumes/{id}", answer, oneVolume).volume;
    },
    page: async (call, query) => {
      const answer = await unless(gone, api(call, { method: "GET", path: "/volumes/detail", query }));
      return answer && decode("GET /volumes/detail", answer, manyVolumes).volumes;
    },
    remove: async (call, id) => (await unless(gone, api(call, { method: "DELETE", path: `/volumes/${id}` }))) !== undefined,
    addMetadata: async (call, id, metadata) =>
      (await unless(gone, api(call, { method: "POST", path: `/volumes/${id}/metadata`, body: { metadata } }))) !== undefined,
    removeMetadata: async (call, id, key) => {
      await unless(gone, api(call, { method: "DELETE", path: `/volumes/${id}/metadata/${encodeURIComponent(key)}` }));
    },
    act: async (call, id, action) => {
      await api(call, { method: "POST", path: `/volumes/${id}/action`, body: action });
    },
    reserve: async (call, id, { instance, mode }) => {
      const body = { attachment: { volume_uuid: id, ...(instance !== undefined && { instance_uuid: instance }), ...(mode !== undefined && { mode }) } };
      return decode("POST /attachments", await api(call, { method: "POST", path: "/attachments", body }), oneAttachment).attachment;
    },
    attachments: (call, id) => attachmentsPage(call, { volume_id: id }),
    allAttachments: async (call) => {
      const all: CinderAttachment[] = [];
      for (let offset = 0; ; offset += pageLimit) {
        const page = await attachmentsPage(call, { offset });
        all.push(...page);
        if (page.length < pageLimit) return all;
      }
    },
    connect: async (call, attachmentId, connector) => {
      const request = { method: "PUT", path: `/attachments/${attachmentId}`, body: { attachment: { connector } } } as const;
      const answer = await unless(gone, api(call, request));
      return answer && decode("PUT /attachments/{id}", answer, oneAttachment).attachment;
    },
    complete: async (call, attachmentId) =>
      (await unless(gone, api(call, { method: "POST", path: `/attachments/${attachmentId}/action`, body: { "os-complete": {} } }))) !== undefined,
    detach: async (call, attachmentId) => {
      await unless(gone, api(call, { method: "DELETE", path: `/attachments/${attachmentId}` }));
    },
    messages: async (call, id) => {
      const answer = await unless([403, ...gone], api(call, { method: "GET", path: "/messages", query: { resource_uuid: id } }));
      if (answer === undefined) return [];
      const { messages } = decode("GET /messages", answer, manyMessages);
      return messages.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1)).map(({ user_message }) => user_message);
    },
  };
}
