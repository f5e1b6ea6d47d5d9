export { ceph, ceph as default } from "./ceph.js";
export { cephConfigJsonSchema, type CephConfig } from "./config.js";
