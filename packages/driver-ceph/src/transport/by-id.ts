import type { Call } from "../call.js";
import { aliasOf } from "./alias-name.js";
import type { RunCommand } from "./command.js";
import { errno, failedWith, unless } from "./command-failure.js";
import { nameObject } from "./object-names.js";

/** How often a name that another call has just removed or emptied is made again. */
const turns = 5;

/** Opens images by their ids with commands that only take names. */
export interface ById {
  /**
   * Does work on an image through a name that always means this very image. Commands look a name up in an object `rbd_id.<name>`,
   * which holds an id: one of our own, made of the id, makes them go by it. It is there for the moment of the command. ENOENT where there is
   * no such image any more.
   */
  open<Value>(call: Call, imageId: string, work: (name: string) => Promise<Value>): Promise<Value>;
  /**
   * The same through a name that is this call's own and can be taken away by anybody who knows the word (`revoke`): no command that
   * comes later opens the image by it.
   */
  openRevocable<Value>(call: Call, imageId: string, word: string, work: (name: string) => Promise<Value>): Promise<Value>;
  /** Takes a revocable name away; not there is success. */
  revoke(call: Call, imageId: string, word: string): Promise<void>;
}

/** Makes the names in one pool and namespace. */
export function createById(run: RunCommand, where: readonly string[]): ById {
  const make = async (call: Call, name: string, imageId: string): Promise<void> => {
    const id = Buffer.from(imageId, "latin1");
    const content = Buffer.alloc(4 + id.length);
    content.writeUInt32LE(id.length, 0);
    id.copy(content, 4);
    await run(call, { tool: "rados", words: ["put"], args: [nameObject(name), "-", ...where], changes: true, input: content });
  };
  const remove = async (call: Call, name: string): Promise<void> => {
    await unless([errno.ENOENT], run(call, { tool: "rados", words: ["rm"], args: [nameObject(name), ...where], changes: true }));
  };
  const isThere = async (call: Call, object: string): Promise<boolean> =>
    (await unless([errno.ENOENT], run(call, { tool: "rados", words: ["stat"], args: [object, ...where], changes: false }))) !== undefined;
  const wordName = (imageId: string, word: string): string => `${aliasOf(imageId)}.${word}`;

  return {
    open: async (call, imageId, work) => {
      const name = aliasOf(imageId);
      for (let turn = 1; ; turn += 1) {
        await make(call, name, imageId);
        try {
          const value = await work(name);
          await remove(call, name);
          return value;
        } catch (thrown) {
          // Another call on the same image may have ended and removed the name they share; a third may have made it again by now. Or a command that
          // outlived its call wrote nothing into it, for want of what it was to be given.
          const lost = failedWith(thrown, errno.ENOENT) && turn < turns && (await isThere(call, `rbd_header.${imageId}`));
          if (lost) continue;
          await remove(call, name).catch(() => undefined);
          throw thrown;
        }
      }
    },
    openRevocable: async (call, imageId, word, work) => {
      const name = wordName(imageId, word);
      await make(call, name, imageId);
      return work(name);
    },
    revoke: (call, imageId, word) => remove(call, wordName(imageId, word)),
  };
}
