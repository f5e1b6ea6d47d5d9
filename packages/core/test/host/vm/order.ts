import type { RbdConnectionInfo } from "@opensds/core";

/** An image, and how the stock command reaches it; the keyring is what the connection is given the key of. */
interface ImageOrder {
  readonly info: RbdConnectionInfo;
  readonly conf: string;
  readonly keyring: string;
}

/** What the test on the host asks the program in the virtual machine to do. */
export type GuestOrder =
  | (ImageOrder & { readonly scenario: "rbd-life"; readonly method: string; readonly fsType: "ext4" | "xfs" })
  | { readonly scenario: "rbd-fallback"; readonly info: RbdConnectionInfo; readonly reason: "features" | "module" }
  | { readonly scenario: "target-life"; readonly protocol: "iscsi" | "nvme-tcp" }
  | { readonly scenario: "iscsi-care" }
  /** A second dock: prints the record of an exported connection, as it finds it. */
  | { readonly scenario: "describe"; readonly connection: string }
  /** A dock that is killed at the n-th step of an operation, counted from 0. */
  | { readonly scenario: "die"; readonly connection: string; readonly operation: "attach" | "detach"; readonly atStep: number };
