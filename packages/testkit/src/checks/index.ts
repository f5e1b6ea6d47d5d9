import type { Check } from "../check.js";
import { attachChecks } from "./attach.js";
import { concurrencyChecks } from "./concurrency.js";
import { createChecks } from "./create.js";
import { dataChecks } from "./data.js";
import { deleteChecks } from "./delete.js";
import { errorsChecks } from "./errors.js";
import { getChecks } from "./get.js";
import { lifecycleChecks } from "./lifecycle.js";
import { listChecks } from "./list.js";
import { manifestChecks } from "./manifest.js";
import { mountChecks } from "./mount.js";
import { namesChecks } from "./names.js";
import { recordsChecks } from "./records.js";
import { sizesChecks } from "./sizes.js";

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
  ...attachChecks,
  ...dataChecks,
  ...mountChecks,
  ...recordsChecks,
  ...concurrencyChecks,
];
