import type { Mutant } from "../mutant.js";
import { concurrencyMutants } from "./concurrency.js";
import { connectionMutants } from "./connections.js";
import { crashMutants } from "./crash.js";
import { createMutants, nameAndSizeMutants } from "./create.js";
import { dataMutants } from "./data.js";
import { deviceMutants } from "./devices.js";
import { contractMutants, errorMutants } from "./errors.js";
import { growthAndGroupMutants } from "./growth-groups.js";
import { importAndTrashMutants } from "./imports-trash.js";
import { lifecycleMutants } from "./manifest-lifecycle.js";
import { mountMutants } from "./mount.js";
import { deleteMutants, readMutants } from "./read.js";
import { snapshotMutants } from "./snapshots.js";
import { upkeepMutants } from "./upkeep.js";

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
  ...importAndTrashMutants,
  ...upkeepMutants,
];
