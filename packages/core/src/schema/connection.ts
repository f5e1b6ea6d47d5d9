import * as v from "valibot";
import type { ConnectionInfo } from "../model/connection.js";
import { secret } from "../model/secret.js";
import { attachmentSchema } from "./attachment.js";

const text = v.pipe(v.string(), v.minLength(1));

const fileInfo = v.object({ protocol: v.literal("file"), path: text, readOnly: v.boolean() });

const rbdInfo = v.object({
  protocol: v.literal("rbd"),
  fsid: v.optional(text),
  monitors: v.array(text),
  pool: text,
  poolId: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  namespace: v.string(),
  image: text,
  imageId: v.optional(text),
  user: text,
  conf: v.optional(text),
  keyring: v.optional(text),
  key: v.optional(v.pipe(text, v.transform(secret))),
  encryption: v.optional(
    v.object({ format: v.picklist(["luks1", "luks2"]), headerBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), passphraseFile: v.optional(text) }),
  ),
  methods: v.array(v.picklist(["krbd", "rbd-nbd", "fuse-loop"])),
  readOnly: v.boolean(),
});

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const iscsiInfo = v.object({
  protocol: v.literal("iscsi"),
  paths: v.pipe(v.array(v.object({ portal: text, iqn: text, lun: whole })), v.minLength(1)),
  chap: v.optional(v.object({ username: text, password: v.pipe(text, v.transform(secret)) })),
  readOnly: v.boolean(),
});

const nvmeTcpInfo = v.object({
  protocol: v.literal("nvme-tcp"),
  subsystem: text,
  portals: v.pipe(v.array(v.object({ address: text, port: v.pipe(whole, v.minValue(1), v.maxValue(65_535)) })), v.minLength(1)),
  namespace: v.object({ uuid: v.optional(text), nguid: v.optional(text), id: v.optional(v.pipe(whole, v.minValue(1))) }),
  hostNqn: v.optional(text),
  readOnly: v.boolean(),
});

const nfsInfo = v.object({
  protocol: v.literal("nfs"),
  export: text,
  file: text,
  options: v.optional(v.array(text)),
  readOnly: v.boolean(),
});

const infoSchema: v.GenericSchema<unknown, ConnectionInfo> = v.variant("protocol", [fileInfo, rbdInfo, iscsiInfo, nvmeTcpInfo, nfsInfo]);

/** The wire form of a connection: the one text in which a secret stands in the clear. */
export const exportedConnectionSchema = v.object({
  type: v.literal("connection"),
  version: v.literal(1),
  attachment: attachmentSchema,
  info: infoSchema,
});
