import { describe, expect, it } from "vitest";
import { createById } from "../src/transport/by-id.js";
import { createCommands } from "../src/transport/command.js";
import { fakeCall } from "./fakes/call.js";
import { fakeCommands } from "./fakes/commands.js";

describe("an image that is opened by its id through a name", () => {
  const { put, directory } = fakeCommands();
  const run = createCommands({ conf: "/etc/ceph/ceph.conf", user: "dock", commandTimeoutMs: 5_000 });
  const byId = createById(run, ["--pool=rbd"]);
  /** The name's object is there at every look; the first so many commands do not find an image by it. */
  const cut = async (fails: number, header: "there" | "gone"): Promise<number> => {
    put("rados", `[ "$1 $2" = "stat rbd_header.1b" ] && [ ${header} = gone ] && echo 'error stat-ing: (2) No such file or directory' >&2 && exit 1; cat > /dev/null`);
    put("rbd", `echo >> ${directory()}/tries; [ $(wc -l < ${directory()}/tries) -gt ${fails} ] && wc -l < ${directory()}/tries && exit 0; exit 2`);
    return Number(await byId.open(fakeCall(), "1b", (name) => run(fakeCall(), { tool: "rbd", words: ["snap", "create"], args: [`--image=${name}`], changes: true })));
  };

  it("is found although another call has removed the name meanwhile and a third has made it again, or a killed one has emptied it", async () => {
    expect(await cut(2, "there")).toBe(3);
  });

  it("is not, where there is no such image, or it will not open", async () => {
    await expect(cut(9, "gone")).rejects.toMatchObject({ errno: 2 });
    await expect(cut(9, "there")).rejects.toMatchObject({ errno: 2 });
  });
});
