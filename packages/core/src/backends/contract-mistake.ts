import type { DriverDefinition } from "../driver/define-driver.js";
import { contractVersion } from "../driver/manifest.js";

/**
 * Says in words that a driver was written for another contract than this package speaks, and what to install; undefined when they fit.
 * `from`: name and version of the driver's package, where they are known.
 */
export function contractMistake({ kind, contract }: DriverDefinition, from: string | undefined): string | undefined {
  if (contract === contractVersion) return undefined;
  const driver = from ?? `the package of the driver ${kind}`;
  const mend = isNewer(contract, contractVersion)
    ? `update @opensds/core to a version that speaks ${contract}, or install an earlier version of the driver`
    : `update the driver to a version for ${contractVersion}, or install an @opensds/core that speaks ${contract}`;
  return `${driver} was written for contract ${contract}, and this @opensds/core speaks ${contractVersion}: ${mend}`;
}

function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { numeric: true }) > 0;
}
