export { ceph, ceph as default } from "./ceph.js";
export type { CephConfig, CephEncryption, CephOptions } from "./config.js";
