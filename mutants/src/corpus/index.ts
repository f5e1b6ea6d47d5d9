import type { Mutant } from "../mutant.js";
import { connectionMutants, deviceMutants } from "./attach.js";
import { concurrencyMutants } from "./concurrency.js";
import { crashMutants } from "./crash.js";
import { createMutants, nameAndSizeMutants } from "./create.js";
import { dataMutants } from "./data.js";
import { contractMutants, errorMutants } from "./errors.js";
import { growthAndGroupMutants, otherFacetMutants } from "./facets.js";
import { lifecycleMutants } from "./manifest-lifecycle.js";
import { mountMutants } from "./mount.js";
import { deleteMutants, readMutants } from "./read.js";
import { snapshotMutants } from "./snapshots.js";

export { cephMutants } from "./ceph.js";

/** Every broken driver on top of the reference driver. */
export const referenceMutants: readonly Mutant[] = [
  ...lifecycleMutants,
  ...createMutants,
  ...readMutants,
  ...deleteMutants,
  ...nameAndSizeMutants,
  ...errorMutants,
  ...connectionMutants,
  ...deviceMutants,
  ...dataMutants,
  ...mountMutants,
  ...concurrencyMutants,
  ...contractMutants,
  ...crashMutants,
  ...snapshotMutants,
  ...growthAndGroupMutants,
  ...otherFacetMutants,
];
