import { SouthboundError } from "@opensds/core";
import { errnoOf } from "./file-system.js";

/**
 * Runs an operation and says in words what the file system refused; everything else is thrown on as it is.
 * @param place the driver's directory, for people
 */
export async function explainFileErrors<Value>(place: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, place) ?? error;
  }
}

function explained(cause: unknown, place: string): SouthboundError | undefined {
  switch (errnoOf(cause) ?? "") {
    case "ENOSPC":
    case "EDQUOT":
      return new SouthboundError(
        "RESOURCE_EXHAUSTED",
        "backend-full",
        `the disk under ${place}, or this user's quota on it, is full; delete volumes or free space`,
        { outcome: "none", cause },
      );
    case "EFBIG":
      return new SouthboundError(
        "OUT_OF_RANGE",
        "volume-too-large",
        `the file system under ${place} takes no file of this size; ask for less`,
        { outcome: "none", cause },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new SouthboundError(
        "PERMISSION_DENIED",
        "permission-denied",
        `this user may not read and write in ${place}; give it the right to, or configure another dir`,
        { cause },
      );
    case "ENOENT":
    case "ENOTDIR":
      return new SouthboundError(
        "UNAVAILABLE",
        "directory-not-found",
        `${place}, or a part of it, is gone; is its disk mounted? Bring it back, or run setup again to start anew`,
        { recovery: "operator", cause },
      );
    default:
      return undefined;
  }
}
