import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../commands.js";
import { LabError } from "../errors.js";

export interface InitrdRequest {
  /** The unpacked kernel package. */
  readonly unpacked: string;
  readonly version: string;
  /** The file to make. */
  readonly initrd: string;
}

/** What is needed before the host's files can be seen; everything else is loaded from there. */
const EARLY_MODULES = ["virtio_pci", "virtio_net", "9pnet_virtio", "9p", "overlay"];

/**
 * The guest's root is the host's, read-only, under a layer in memory that takes what the guest writes: every program that is installed
 * here is there too, and nothing that the guest does to its files reaches the host. The run directory alone is shared both ways.
 */
const INIT = `#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
for module in /modules/*; do $B insmod $module; done
argument() { $B sed -n "s/.*$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }
MODULES=$(argument lab_modules); RUN=$(argument lab_run)
options=trans=virtio,version=9p2000.L,msize=524288
$B mount -t 9p -o $options,ro,cache=loose host /lower || exec $B poweroff -f
$B mount -t tmpfs -o size=75% tmpfs /upper; $B mkdir /upper/files /upper/work
$B mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root
$B mount -t 9p -o $options,cache=none run /root$RUN || exec $B poweroff -f
for directory in proc sys dev; do $B mount --move /$directory /root/$directory; done
$B mkdir -p /root/usr/lib/modules; $B mount --bind /root$MODULES /root/usr/lib/modules
exec $B switch_root /root /bin/bash $RUN/agent
`;

export async function makeInitrd({ unpacked, version, initrd }: InitrdRequest): Promise<void> {
  const tree = `${initrd}.tree`;
  rmSync(tree, { recursive: true, force: true });
  for (const name of ["bin", "proc", "sys", "dev", "lower", "upper", "root", "modules"]) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync("/bin/busybox", join(tree, "bin", "busybox"));
  const modules = await closure(unpacked, version);
  modules.forEach((path, index) => copyFileSync(path, join(tree, "modules", `${String(index).padStart(3, "0")}-${basename(path)}`)));
  writeFileSync(join(tree, "init"), INIT, { mode: 0o755 });
  const script = 'cd "$1" && find . | cpio --create --format=newc --quiet | gzip -1 >"$2"';
  await run("bash", ["-o", "pipefail", "-c", script, "bash", tree, initrd]);
  rmSync(tree, { recursive: true });
}

/** The modules and what they need, in the order in which they have to be loaded. */
async function closure(unpacked: string, version: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of EARLY_MODULES) {
    const stdout = await run("modprobe", ["--dirname", unpacked, "--set-version", version, "--show-depends", name]);
    for (const [, path] of stdout.matchAll(/^insmod (\S+)/gmu)) if (path !== undefined) found.add(path);
  }
  if (found.size === 0) throw new LabError(`Kernel ${version} has none of the modules ${EARLY_MODULES.join(", ")}.`);
  return [...found];
}
