import type { FileImports } from "./file-imports.js";
import type { Sweep } from "./store.js";
import type { Stores } from "./stores.js";

/** What the operations of one opened backend work with. */
export interface Parts {
  readonly stores: Stores;
  /** Finds and mends what killed processes left; absent for memory, which dies with its process. */
  readonly sweep?: Sweep | undefined;
  /** Files that can become volumes; absent for memory. */
  readonly imports?: FileImports | undefined;
  /** The directory with the files; absent for memory. */
  readonly directory?: string | undefined;
  /** The pool's size in bytes; absent for no limit but the disk's. */
  readonly capacityBytes?: number | undefined;
  /** Whether deleted volumes are kept until they are purged. */
  readonly trash: boolean;
  /** Runs an operation and says in words what the file system refused. */
  readonly explained: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

