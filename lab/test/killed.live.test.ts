import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/commands.js";
import { labDown, labStatus, labUp, pauseDaemon, type ProgressEvent } from "../src/index.js";
import { sleep } from "../src/wait.js";
import { killGroup, LIVE, removeScratchRoot, scratchRoot, spawnLab, traces } from "./helpers/live.js";

const MINUTES = 60_000;

describe.runIf(LIVE)("an up that was killed half-way", () => {
  let root = "";
  beforeAll(() => {
    root = scratchRoot();
  });
  afterAll(async () => {
    await labDown({ root });
    removeScratchRoot(root);
  }, MINUTES);

  // From before the first file to after the last daemon, wherever a machine of any speed is by then.
  const moments = [600, 800, 1_000, 1_300, 1_700, 2_200, 3_000, 4_500];
  it.each(moments.flatMap((ms) => [
    ["with its children", ms] as const,
    ["alone", ms] as const,
  ]))("%s, at %i ms, leaves nothing that down does not clear", async (how, ms) => {
    const child = spawnLab(["up", "ceph", "--root", root]);
    await sleep(ms + Math.random() * 200);
    // Alone, it leaves commands that go on making what it had them make.
    if (how === "alone") child.kill("SIGKILL");
    else killGroup(child);
    await labDown({ root });
    await sleep(500);
    expect(traces(root)).toEqual([]);
    expect((await labStatus({ root })).ceph).toEqual({ state: "down" });
  }, MINUTES);

  it("is begun anew by the next up, and a second one beside that waits and finds it up", async () => {
    const child = spawnLab(["up", "ceph", "--root", root]);
    await sleep(2_000);
    killGroup(child);
    const notes: string[] = [];
    const onProgress = ({ step }: ProgressEvent): unknown => notes.push(step);
    const [first, second] = await Promise.all([labUp("ceph", { root, onProgress }), labUp("ceph", { root, onProgress })]);
    expect(first.ceph.state).toBe("up");
    expect(second).toEqual(first);
    const said = notes.filter((note) => /half-made|waiting|already/u.test(note));
    // Either may come first; the other is told of it.
    expect(said.filter((note) => note.startsWith("waiting for another lab command here: up ceph"))).toHaveLength(1);
    expect(said.at(-1)).toBe("ceph is up already");
  }, 3 * MINUTES);

  it("is said to the terminal when it was Ctrl-C, with what to do", async () => {
    await labDown({ root });
    const child = spawnLab(["up", "ceph", "--root", root]);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    // It says what it does from the first step on, and listens for signals before that.
    await expect.poll(() => said, { timeout: 20_000 }).not.toBe("");
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    expect(said).toContain("pnpm lab down");
    await labDown({ root });
    expect(traces(root)).toEqual([]);
  }, MINUTES);
});

describe.runIf(LIVE)("down", () => {
  it.each([
    ["while the cluster serves", undefined],
    ["while its OSD hangs, and every write with it", "osd.0"],
  ] as const)("lets go what a driver left attached and mounted, %s", async (_, paused) => {
    const root = scratchRoot();
    await attachAndMount(root);
    expect(traces(root).filter((trace) => /^(mount|loop)/u.test(trace))).toHaveLength(3);
    if (paused !== undefined) await pauseDaemon(paused, { root });
    await labDown({ root });
    expect(traces(root)).toEqual([]);
    removeScratchRoot(root);
  }, 3 * MINUTES);

  it("is harmless where there is nothing", async () => {
    const root = scratchRoot();
    await labDown({ root });
    await labDown({ root });
    removeScratchRoot(root);
  });
});

/** As a driver does it on a kernel without rbd: a FUSE export of the image, a loop device on it, a file system. */
async function attachAndMount(root: string): Promise<void> {
  const { ceph } = await labUp("ceph", { root });
  if (ceph.state !== "up") throw new Error("not up");
  const host = join(root, ".lab", "host");
  const [file, socket, mountPoint] = [join(host, "vol"), join(host, "qmp"), join(host, "mnt")];
  await run("rbd", ["-c", ceph.conf, "--id", "dock", "create", "--size", "64M", "dock/left"]);
  writeFileSync(file, "");
  mkdirSync(mountPoint);
  const node = { driver: "rbd", "node-name": "n", pool: "dock", image: "left", conf: ceph.conf, user: "dock" };
  await run("qemu-storage-daemon", [
    "--daemonize",
    ...["--chardev", `socket,id=q,path=${socket},server=on,wait=off`, "--monitor", "chardev=q,mode=control"],
    ...["--blockdev", JSON.stringify(node)],
    ...["--export", `fuse,id=e,node-name=n,mountpoint=${file},writable=on`],
  ]);
  const device = await run("losetup", ["--show", "-f", file]);
  await run("mkfs.ext4", ["-q", device]);
  await run("mount", [device, mountPoint]);
  // Not flushed yet: taking it down has to.
  writeFileSync(join(mountPoint, "data"), "x".repeat(1_000_000));
}
