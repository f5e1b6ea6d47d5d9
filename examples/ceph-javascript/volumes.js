// node volumes.js BACKENDS-FILE BACKEND: the pools and volumes of a Ceph backend, in plain JavaScript.
import { formatBytes, isSouthboundError, openBackends, supports } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";

const [file = "backends.yaml", name = "ssd"] = process.argv.slice(2);
let backends;
try {
  backends = await openBackends(file, { drivers: [ceph] });
  const driver = backends.get(name);
  await driver.setup({ timeoutMs: 20_000 });
  if (supports(driver, "pools")) {
    for (const pool of await driver.pools.listPools()) console.log("pool", pool.name);
  }
  for await (const volume of driver.listVolumes()) {
    console.log("volume", volume.name, volume.sizeBytes === null ? "?" : formatBytes(volume.sizeBytes), volume.state);
  }
} catch (error) {
  if (!isSouthboundError(error)) throw error;
  console.error(`${error.code} ${error.reason}: ${error.message}`);
  // What to do next, as one of four words: fix-request, retry, wait-for-operation, operator.
  console.error(`recovery: ${error.recovery}`);
  process.exitCode = 1;
} finally {
  await backends?.unset();
}
