import { cinderSettings, render } from "./conf.js";
import { type CinderFiles, type CinderPorts } from "./layout.js";
import { type CinderState } from "./state.js";

/** How Cinder's pool in a virtual machine is called: by host, by backend. */
export const LVM_HOST = "lab-vm";
export const LVM_BACKEND = "lvm";
export const LVM_GROUP = "lab";

/** Where Cinder writes a file for each of its iSCSI targets. */
export const TARGETS_DIRECTORY = "/run/cinder/volumes";

/** Where the machine reaches the lab's database, and where it writes what the host may read. */
export interface LvmPlace {
  readonly databasePort: number;
  readonly directory: string;
}

/** What is asked of LVM every three seconds, each time through three programs, leaves an emulated machine no time for anything else. */
const unhurried = { periodic_interval: 60, backend_stats_polling_interval: 60 };

/** The file of the one process of Cinder that runs in the machine: what the others have, but for where its volumes are. */
export function renderLvmConf(files: CinderFiles, ports: CinderPorts, state: CinderState, { databasePort, directory }: LvmPlace): string {
  const { rbd: _, ...settings } = cinderSettings(files, ports, state, "keystone");
  const helper = { helper_command: `privsep-helper --config-file ${directory}/cinder.conf` };
  return render({
    ...settings,
    DEFAULT: { ...settings.DEFAULT, host: LVM_HOST, enabled_backends: LVM_BACKEND, state_path: "/run/cinder", log_dir: directory, use_stderr: true, ...unhurried },
    database: { ...settings.database, connection: `mysql+pymysql://root@127.0.0.1:${databasePort}/cinder?charset=utf8` },
    oslo_concurrency: { lock_path: "/run/cinder/lock" },
    coordination: { backend_url: "file:///run/cinder/coordination" },
    [LVM_BACKEND]: {
      volume_backend_name: LVM_BACKEND,
      volume_driver: "cinder.volume.drivers.lvm.LVMVolumeDriver",
      volume_group: LVM_GROUP,
      lvm_type: "default",
      // It would write zeros over what was deleted, at an emulated disk's pace.
      volume_clear: "none",
      target_protocol: "iscsi",
      // The kernel's own target is set up by a Python program that Cinder starts several times for each attachment, which emulated takes minutes.
      target_helper: "tgtadm",
      volumes_dir: TARGETS_DIRECTORY,
      target_ip_address: "127.0.0.1",
    },
    // It is root already, and there is no sudo.
    cinder_sys_admin: helper,
    privsep_osbrick: helper,
  });
}
