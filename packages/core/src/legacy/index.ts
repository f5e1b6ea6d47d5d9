export { fromLegacyDriver, type FromLegacyOptions, type LiftedBackend, type NoOptions } from "./from-legacy-driver.js";
export { readErrorText, writeErrorText, type KnownError, type LegacyFailure } from "./error-text.js";
export type { LegacyDriver, LegacyFunction, LegacyReply, LegacySizeUnit } from "./legacy-driver.js";
export { toLegacyDriver, type ServedDriver, type ToLegacyOptions } from "./to-legacy-driver.js";
export type { LegacyVolume } from "./volume-json.js";
