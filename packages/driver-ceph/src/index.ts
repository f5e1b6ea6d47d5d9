export { ceph, ceph as default } from "./ceph.js";
export type { CephConfig, CephOptions } from "./config.js";
