// node volumes.cjs BACKENDS-FILE BACKEND: the same from CommonJS, which may require() the packages on every supported Node.
const { isSouthboundError, openBackends } = require("@opensds/core");
const { ceph } = require("@opensds/driver-ceph");

async function main([file = "backends.yaml", name = "ssd"]) {
  const backends = await openBackends(file, { drivers: [ceph] });
  try {
    const driver = backends.get(name);
    await driver.setup({ timeoutMs: 20_000 });
    for await (const volume of driver.listVolumes()) console.log("volume", volume.name, volume.state);
  } finally {
    await backends.unset();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(isSouthboundError(error) ? `${error.code} ${error.reason}: ${error.message}` : error);
  process.exitCode = 1;
});
