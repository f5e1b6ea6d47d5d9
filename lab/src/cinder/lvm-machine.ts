import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cephFiles } from "../ceph/layout.js";
import { readState } from "../ceph/state.js";
import { lastLines, serviceEnvironment, tryRun } from "../commands.js";
import { LabError } from "../errors.js";
import { readIfThere } from "../files.js";
import { objectAt, objectsAt, stringAt } from "../json.js";
import { labPaths, type RootOption } from "../paths.js";
import { type OnProgress, step } from "../progress.js";
import { type Vm } from "../vm/machine.js";
import { openRelay } from "../vm/relay.js";
import { startVm } from "../vm/vm.js";
import { waitUntil } from "../wait.js";
import { cinderUrl, keystoneUrl, renderLauncher } from "./conf.js";
import { ask, signIn } from "./http.js";
import { cinderFiles, cinderPorts } from "./layout.js";
import { LVM_BACKEND, LVM_GROUP, LVM_HOST, renderLvmConf, TARGETS_DIRECTORY } from "./lvm-conf.js";
import { PYTHON } from "./services.js";
import { readCinderState } from "./state.js";
import { makeType } from "./volume-types.js";

/** A virtual machine that serves volumes of the lab's cloud out of its own LVM, over iSCSI, to itself. */
export interface LvmMachine {
  readonly vm: Vm;
  /** The volume type whose volumes are there. */
  readonly volumeType: string;
  /** What the machine's cinder-volume has logged so far. */
  readonly logText: () => string;
  /** Ends the machine, and takes out of the cloud what is known of it. */
  stop(): Promise<void>;
}

export interface LvmMachineOptions extends RootOption {
  readonly install?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** The target's daemon, and what its tools need. */
const TARGET_PACKAGES = ["tgt", "libconfig-general-perl"];
const GROUP_BYTES = "3G";
/** Emulated, the service needs most of a minute on an idle machine. */
const READY_MS = 240_000;
const SET_UP_MS = 120_000;

/** As an operator would set up a host of volumes; there is no udev, so LVM makes its devices itself. */
const setUp = (directory: string): string => `set -e
modprobe --all dm_mod loop iscsi_tcp sd_mod
mkdir -p /run/cinder/lock /run/cinder/coordination ${TARGETS_DIRECTORY} /etc/tgt /etc/lvm
echo "include ${TARGETS_DIRECTORY}/*" >/etc/tgt/targets.conf
cat >/etc/lvm/lvm.conf <<END
devices { use_devicesfile=0 obtain_device_list_from_udev=0 global_filter=["a|/dev/loop|","r|.*|"] }
activation { udev_sync=0 udev_rules=0 monitoring=0 }
global { use_lvmpolld=0 }
END
truncate --size=${GROUP_BYTES} /var/lab.img
disk=$(losetup --find --show /var/lab.img)
pvcreate --quiet "$disk"
vgcreate --quiet ${LVM_GROUP} "$disk"
echo "InitiatorName=iqn.1993-08.org.debian:01:${LVM_HOST}" >/etc/iscsi/initiatorname.iscsi
setsid tgtd --foreground >${directory}/tgtd.log 2>&1 </dev/null &
setsid iscsid --foreground >/dev/null 2>&1 </dev/null &
setsid ${PYTHON} ${directory}/cinder-volume --config-file ${directory}/cinder.conf >${directory}/cinder-volume.log 2>&1 </dev/null &
`;

/**
 * Boots a machine with Cinder's LVM driver and an iSCSI target, which this host's kernel may have no device-mapper and no initiator for. Only
 * cinder-volume runs inside: its database, its message queue and the API are the lab's, which is up.
 */
export async function startLvmMachine(options: LvmMachineOptions = {}): Promise<LvmMachine> {
  const onProgress = options.onProgress ?? ((): void => undefined);
  const paths = labPaths(options);
  const files = cinderFiles(paths);
  const cluster = readState(cephFiles(paths).state);
  const state = readCinderState(files.state);
  if (cluster?.stage !== "made" || state?.stage !== "made") throw new LabError("There is no Cinder in this lab. Bring it up: pnpm lab up cinder");
  const ports = cinderPorts(cluster.ports);
  const { token, projectId } = await signIn(keystoneUrl(ports.keystone), "admin", state.adminPassword, "admin");
  const base = `${cinderUrl(ports.cinder)}/${projectId}`;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of undo.splice(0).reverse()) await one();
  };

  try {
    const relay = await openRelay(files.databaseSocket);
    undo.push(() => relay.close());
    const reached = [ports.keystone, ports.cinder, ports.rabbitmq, relay.port];
    const vm = await startVm({ ...options, ports: reached, packages: TARGET_PACKAGES, memoryMiB: 3_072, lifetimeMs: 20 * 60_000 });
    const { directory } = vm;
    const forget = ["--config-file", files.config("cinder.conf"), "service", "remove", "cinder-volume", `${LVM_HOST}@${LVM_BACKEND}`];
    undo.push(
      () => tryRun(PYTHON, [files.bin("cinder-manage"), ...forget], { env: serviceEnvironment() }),
      () => vm.stop(),
    );

    writeFileSync(join(directory, "cinder.conf"), renderLvmConf(files, ports, state, { databasePort: relay.port, directory }), { mode: 0o600 });
    writeFileSync(join(directory, "cinder-volume"), renderLauncher("volume"));
    const logText = (): string => readIfThere(join(directory, "cinder-volume.log")) ?? "";
    const made = await vm.run(setUp(directory), { timeoutMs: SET_UP_MS });
    if (made.exitCode !== 0) throw new LabError(`The machine has no volume group:\n${lastLines(made.stderr)}`);
    await step(onProgress, "Cinder's LVM backend up", () =>
      waitUntil(() => isServing(base, token), { timeoutMs: READY_MS, everyMs: 1_000, what: () => `cinder-volume in the machine does not serve:\n${lastLines(logText())}` }),
    );
    const typeId = await typeOf(base, token);
    // First of all that is undone, while its volumes can still be asked for.
    undo.push(() => ask("DELETE", `${base}/types/${typeId}`, { token, also: [400] }));
    return { vm, volumeType: LVM_BACKEND, logText, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The volume type; a run that was killed has left it. */
async function typeOf(base: string, token: string): Promise<string> {
  const types = objectsAt((await ask("GET", `${base}/types`, { token })).body, "volume_types");
  const left = types.find((type) => stringAt(type, "name") === LVM_BACKEND);
  return (left && stringAt(left, "id")) ?? makeType(base, token, { name: LVM_BACKEND, extraSpecs: { volume_backend_name: LVM_BACKEND } });
}

/** Whether the scheduler knows the machine's pool, by a service that is up. */
async function isServing(base: string, token: string): Promise<boolean> {
  const host = `${LVM_HOST}@${LVM_BACKEND}`;
  const services = objectsAt((await ask("GET", `${base}/os-services?binary=cinder-volume&host=${host}`, { token })).body, "services");
  const pools = objectsAt((await ask("GET", `${base}/scheduler-stats/get_pools?detail=true`, { token })).body, "pools");
  return services.some((service) => stringAt(service, "state") === "up") && pools.some((pool) => stringAt(pool, "name")?.startsWith(host) === true && objectAt(pool, "capabilities") !== undefined);
}
