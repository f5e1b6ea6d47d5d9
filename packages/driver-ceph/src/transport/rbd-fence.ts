import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { decodeJson, exclusiveLocksShape } from "./decode.js";

/** Shutting clients of the cluster out. Fails with `CommandFailure`. */
export interface RbdFence {
  /** The addresses of the clients that hold librbd's own lock on an image, which only its writer has; also of those that are cut off. */
  writers(call: Call, imageName: string): Promise<readonly string[]>;
  /** Lets the cluster refuse everything that this client sends, for so many seconds. Again is harmless. */
  blocklist(call: Call, address: string, seconds: number): Promise<void>;
}

/** Makes the door to one pool and namespace. */
export function createRbdFence(run: RunCommand, where: readonly string[]): RbdFence {
  return {
    writers: async (call, imageName) => {
      const args = [`--image=${imageName}`, ...where, "--format=json"];
      const text = await run(call, { tool: "rbd", words: ["lock", "ls"], args, changes: false });
      return decodeJson("rbd lock ls", text, exclusiveLocksShape).map(({ address }) => address);
    },
    blocklist: async (call, address, seconds) => {
      await run(call, { tool: "ceph", words: ["osd", "blocklist", "add"], args: [address, String(seconds)], changes: true });
    },
  };
}
