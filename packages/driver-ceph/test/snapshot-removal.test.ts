import { describe, expect, it } from "vitest";
import { createById } from "../src/transport/by-id.js";
import { createCommands, createStreams } from "../src/transport/command.js";
import { createRbdSnapshots } from "../src/transport/rbd-snapshots.js";
import { fakeCall } from "./fakes/call.js";
import { fakeCommands } from "./fakes/commands.js";

const settings = { conf: "/etc/ceph/ceph.conf", user: "dock", commandTimeoutMs: 5_000 };

describe("a snapshot that RBD does not remove because something was cloned from it", () => {
  const { put } = fakeCommands();
  const run = createCommands(settings);
  const snapshots = createRbdSnapshots(run, createStreams(settings), ["--pool=rbd"], createById(run, ["--pool=rbd"]));
  const told = (namespace: string, id = 61): string =>
    `[{"id":${id},"name":"s","size":4194304,"protected":"true","timestamp":"Mon Nov 30 01:24:17 2026","namespace":${namespace}}]`;
  const answer = (list: string): void =>
    put("rbd", `[ "$2" = ls ] && echo '${list}' && exit 0; echo 'rbd: snapshot id 61 is protected from removal.' >&2; exit 16`);

  it("is removed where another command, or this one before it crashed, has left it to its clones", async () => {
    answer(told('{"type":"trash","original_name":"s"}'));
    await snapshots.remove(fakeCall(), "1b", 61);
    answer(told('{"type":"user"}', 60));
    await snapshots.remove(fakeCall(), "1b", 61);
  });

  it("is not where it is an ordinary one still", async () => {
    answer(told('{"type":"user"}'));
    await expect(snapshots.remove(fakeCall(), "1b", 61)).rejects.toMatchObject({ errno: 16 });
  });
});
