import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createById } from "../src/transport/by-id.js";
import { createCommands } from "../src/transport/command.js";
import { createRbdTrash } from "../src/transport/rbd-trash.js";
import { createRbd } from "../src/transport/rbd.js";
import { fakeCall } from "./fakes/call.js";
import { fakeCommands } from "./fakes/commands.js";

describe("the name that a killed call has left of an image", () => {
  const { put, directory } = fakeCommands();
  const run = createCommands({ conf: "/etc/ceph/ceph.conf", user: "dock", commandTimeoutMs: 5_000 });
  const where = ["--pool=rbd"];
  const removals = {
    purge: () => createRbd(run, "rbd", "").purge(fakeCall(), "1b", 3_000),
    removeDoomed: () => createRbd(run, "rbd", "").removeDoomed(fakeCall(), "1b", "image"),
    purgeNow: () => createRbdTrash(run, where, createById(run, where)).purgeNow(fakeCall(), "1b"),
  };

  it.each(["purge", "removeDoomed", "purgeNow"] as const)("goes with the image: %s", async (removal) => {
    put("rbd", "exit 0");
    put("rados", `echo "$1 $2 $3" >> ${directory()}/asked; echo 'error removing: (2) No such file or directory' >&2; exit 1`);
    await removals[removal]();
    expect(readFileSync(join(directory(), "asked"), "utf8")).toBe("rm rbd_id.opensds-by-id.1b --pool=rbd\n");
  });
});
