import type { Command } from "../command.js";
import { attachCommands } from "./attach.js";
import { attachmentCommands } from "./attachment.js";
import { careCommands } from "./care.js";
import { completionCommand } from "./completion.js";
import { mountCommands } from "./mount.js";
import { poolCommands } from "./pool.js";
import { schemaCommand } from "./schema.js";
import { snapshotCommands } from "./snapshot.js";
import { trashCommands } from "./trash.js";
import { volumeCommands } from "./volume.js";

/** Every command, in the order in which the help shows them. */
export const commands: readonly Command[] = [
  ...volumeCommands,
  ...snapshotCommands,
  ...attachCommands,
  ...mountCommands,
  ...attachmentCommands,
  ...poolCommands,
  ...trashCommands,
  ...careCommands,
  schemaCommand,
  completionCommand,
];
