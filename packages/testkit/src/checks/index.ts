import type { Check } from "../check.js";
import { attachChecks } from "./attach.js";
import { changedBlocksChecks } from "./changed-blocks.js";
import { concurrencyChecks } from "./concurrency.js";
import { contractChecks } from "./contract.js";
import { crashChecks } from "./crash.js";
import { createChecks } from "./create.js";
import { dataChecks } from "./data.js";
import { deleteChecks } from "./delete.js";
import { doctorChecks } from "./doctor.js";
import { errorsChecks } from "./errors.js";
import { expansionChecks } from "./expansion.js";
import { fencingChecks } from "./fencing.js";
import { getChecks } from "./get.js";
import { groupsChecks } from "./groups.js";
import { healthChecks } from "./health.js";
import { importsChecks } from "./imports.js";
import { lifecycleChecks } from "./lifecycle.js";
import { listChecks } from "./list.js";
import { manifestChecks } from "./manifest.js";
import { idempotencyChecks } from "./idempotency.js";
import { leakChecks } from "./leaks.js";
import { mountChecks } from "./mount.js";
import { namesChecks } from "./names.js";
import { poolsChecks } from "./pools.js";
import { qosChecks } from "./qos.js";
import { reconciliationChecks } from "./reconciliation.js";
import { recordsChecks } from "./records.js";
import { sizesChecks } from "./sizes.js";
import { snapshotsChecks } from "./snapshots.js";
import { missingSourceChecks } from "./sources-missing.js";
import { sourcesChecks } from "./sources.js";
import { trashChecks } from "./trash.js";

/** Every check of the suite, in the order in which they run: what others build on comes first. */
export const allChecks: readonly Check[] = [
  ...manifestChecks,
  ...lifecycleChecks,
  ...createChecks,
  ...getChecks,
  ...listChecks,
  ...deleteChecks,
  ...namesChecks,
  ...sizesChecks,
  ...errorsChecks,
  ...idempotencyChecks,
  ...attachChecks,
  ...dataChecks,
  ...mountChecks,
  ...recordsChecks,
  ...concurrencyChecks,
  ...contractChecks,
  ...crashChecks,
  ...leakChecks,
  ...snapshotsChecks,
  ...sourcesChecks,
  ...missingSourceChecks,
  ...expansionChecks,
  ...poolsChecks,
  ...qosChecks,
  ...groupsChecks,
  ...importsChecks,
  ...trashChecks,
  ...changedBlocksChecks,
  ...healthChecks,
  ...reconciliationChecks,
  ...fencingChecks,
  ...doctorChecks,
];
