import type { RbdConnectionInfo } from "@opensds/core";

/** An image, and how the stock command reaches it; the keyring is what the connection is given the key of. */
interface ImageOrder {
  readonly info: RbdConnectionInfo;
  readonly conf: string;
  readonly keyring: string;
}

/** At which steps an operation is killed. */
export interface KillSample {
  readonly seed: number;
  readonly every: boolean;
}

/** What the test on the host asks the program in the virtual machine to do. */
export type GuestOrder =
  | (ImageOrder & { readonly scenario: "rbd-life"; readonly method: string; readonly fsType: "ext4" | "xfs" })
  | { readonly scenario: "rbd-fallback"; readonly info: RbdConnectionInfo; readonly reason: "features" | "module" }
  | { readonly scenario: "rbd-encrypted"; readonly info: RbdConnectionInfo; readonly conf: string }
  | { readonly scenario: "target-life"; readonly protocol: "iscsi" | "nvme-tcp" | "nfs"; readonly kills: KillSample }
  /** A second dock: prints the record of an exported connection, as it finds it. */
  | { readonly scenario: "describe"; readonly connection: string }
  /** A dock that is killed at the n-th step of an operation, counted from 0. */
  | { readonly scenario: "die"; readonly connection: string; readonly operation: "attach" | "detach"; readonly atStep: number };

/** What the machine needs for NFS besides the host's programs: installed on the host, these would start servers there. */
export const nfsPackages = ["nfs-kernel-server", "nfs-common", "libnfsidmap1", "libevent-core-2.1-7", "libwrap0"] as const;
