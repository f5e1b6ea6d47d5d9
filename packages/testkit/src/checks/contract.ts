import type { Check } from "../check.js";
import { fileChecks } from "./contract-file.js";
import { idChecks } from "./contract-ids.js";
import { requestChecks } from "./contract-requests.js";
import { secretChecks } from "./contract-secrets.js";

/** What holds of every request, record and error. */
export const contractChecks: readonly Check[] = [...requestChecks, ...idChecks, ...secretChecks, ...fileChecks];
