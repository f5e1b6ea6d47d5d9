export type {
  ErrorFault,
  Fault,
  Faults,
  FaultTerms,
  FaultyOperation,
  FaultyRequest,
  HangFault,
  LateFault,
  SlowPageFault,
} from "./fault.js";
export type { UnusedFault } from "./fault-plan.js";
export { withFaults, type FaultyDefinition } from "./with-faults.js";
