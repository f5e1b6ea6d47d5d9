/**
 * Real storage backends on this machine, for tests, benchmarks and scripts.
 *
 * Every function takes `root`, the directory whose `.lab` is meant; by default the environment's OPENSDS_LAB_ROOT, else
 * this checkout.
 */
export { labDown, labStatus, labUp } from "./lab.js";
export type { BackendName, DownOptions, LabStatus, UpOptions } from "./lab.js";
export type { CinderDetails, CinderStatus } from "./cinder/status.js";
export { killService, pauseService, restartService, resumeService } from "./cinder/faults.js";
export { keepForAdmins } from "./cinder/policies.js";
export { readyTimes } from "./cinder/logs.js";
export { clearFilled, clearFilledOne, fillVolumes } from "./cinder/fill.js";
export { startLvmMachine, type LvmMachine, type LvmMachineOptions } from "./cinder/lvm-machine.js";
export type { ServiceName } from "./cinder/layout.js";
export type { CephDetails, CephStatus } from "./ceph/status.js";
export { adminCeph, adminRbd } from "./ceph/admin.js";
export { killDaemon, pauseDaemon, resumeDaemon, startDaemon } from "./ceph/faults.js";
export { freeLaggyGroups } from "./ceph/laggy.js";
export type { DaemonName } from "./ceph/layout.js";
export { createReporter } from "./progress.js";
export type { OnProgress, ProgressEvent } from "./progress.js";
export { LabError } from "./errors.js";
export { startVm, type VmOptions } from "./vm/vm.js";
export type { Vm, VmResult } from "./vm/machine.js";
export { loadProgram, type GuestProgram } from "./vm/program.js";
