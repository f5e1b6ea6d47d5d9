import type { Call } from "../call.js";
import type { ById } from "./by-id.js";
import type { RunCommand } from "./command.js";
import { errno, unless } from "./command-failure.js";
import { decodeJson, metadataShape } from "./decode.js";

/** Settings of librbd's that are kept with an image and hold for every client that has it open. Fails with `CommandFailure`; ENOENT: no such image. */
export interface RbdSettings {
  /** The settings that the image has of its own, by the option's name. */
  read(call: Call, imageId: string): Promise<ReadonlyMap<string, string>>;
  /** Sets one, or takes it away where the value is null. Clients that have the image open follow at once. */
  write(call: Call, imageId: string, option: string, value: string | null): Promise<void>;
}

const prefix = "conf_";

/** Makes the door to one pool and namespace. */
export function createRbdSettings(run: RunCommand, where: readonly string[], byId: ById): RbdSettings {
  return {
    read: (call, imageId) =>
      byId.open(call, imageId, async (image) => {
        const args = [`--image=${image}`, ...where, "--format=json"];
        const text = await run(call, { tool: "rbd", words: ["image-meta", "list"], args, changes: false });
        const all = text.trim() === "" ? {} : decodeJson("rbd image-meta list", text, metadataShape);
        return new Map(Object.entries(all).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])));
      }),
    write: (call, imageId, option, value) =>
      byId.open(call, imageId, async (image) => {
        if (value !== null) {
          await run(call, { tool: "rbd", words: ["image-meta", "set"], args: [`--image=${image}`, prefix + option, value, ...where], changes: true });
          return;
        }
        const known = await run(call, { tool: "rbd", words: ["image-meta", "list"], args: [`--image=${image}`, ...where, "--format=json"], changes: false });
        if (!known.includes(`"${prefix}${option}"`)) return;
        await unless(
          [errno.ENOENT],
          run(call, { tool: "rbd", words: ["image-meta", "remove"], args: [`--image=${image}`, prefix + option, ...where], changes: true }),
        );
      }),
  };
}
