import type { FromChild } from "./protocol.js";

/** The versions of the libraries that a child works with. */
export interface LibraryVersions {
  readonly librados: string;
  readonly librbd: string;
}

/** What children said of themselves when they had connected. */
export interface OpenedFacts {
  readonly note: (opened: Extract<FromChild, { readonly type: "opened" }>) => void;
  /** Whether an address in the cluster is that of a child of ours, living or dead. */
  readonly isOwn: (address: string) => boolean;
  /** The paths of the keyrings that librados looks for the user's key in, once opened. */
  readonly keyrings: () => readonly string[];
  /** The versions of librados and librbd, once opened. */
  readonly versions: () => LibraryVersions | undefined;
}

export function createOpenedFacts(): OpenedFacts {
  const addresses = new Set<string>();
  let keyrings: readonly string[] = [];
  let versions: LibraryVersions | undefined;
  return {
    note: (opened) => {
      addresses.add(plainAddress(opened.address));
      keyrings = opened.keyrings;
      versions = { librados: opened.librados, librbd: opened.librbd };
    },
    isOwn: (address) => addresses.has(plainAddress(address)),
    keyrings: () => keyrings,
    versions: () => versions,
  };
}

/** Addresses are shown with and without the protocol's version before them. */
const plainAddress = (address: string): string => address.replace(/^v[12]:/, "");
