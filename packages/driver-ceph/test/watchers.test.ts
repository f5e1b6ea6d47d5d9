import { describe, expect, it } from "vitest";
import { createCommands } from "../src/transport/command.js";
import { createRbd } from "../src/transport/rbd.js";
import { fakeCall } from "./fakes/call.js";
import { fakeCommands } from "./fakes/commands.js";

describe("who has an image open, over commands", () => {
  const { put } = fakeCommands();
  const rbd = createRbd(createCommands({ conf: "/etc/ceph/ceph.conf", user: "dock", commandTimeoutMs: 5_000 }), "rbd", "");
  const watched = `echo '{"watchers":[{"address":"192.0.2.1:0/7","client":7,"cookie":1}]}'`;

  it("is not asked for where the image's id is not given", async () => {
    put("rbd", watched);
    put("rados", "exit 99");
    expect(await rbd.watchers(fakeCall(), "image")).toEqual(["192.0.2.1:0/7"]);
  });

  it("leaves out a watch that the cluster keeps and tells nothing", async () => {
    put("rbd", watched);
    put("rados", `[ "$1 $2 $3" = "notify rbd_header.1a " ]`);
    expect(await rbd.watchers(fakeCall(), "image", "1a")).toEqual([]);
  });

  it.each([
    ["has answered", "echo 'reply client.7 cookie 1 : 0 bytes'"],
    ["is late", "echo 'timeout client.7 cookie 1'; echo 'error 110: (110) Connection timed out' >&2; exit 1"],
    ["does not answer at all", "exec sleep 30"],
    ["may not be told", "echo 'error 1: (1) Operation not permitted' >&2; exit 1"],
  ])("keeps who %s", async (_, notify) => {
    put("rbd", watched);
    put("rados", notify);
    expect(await rbd.watchers(fakeCall(), "image", "1a")).toEqual(["192.0.2.1:0/7"]);
  });
});
