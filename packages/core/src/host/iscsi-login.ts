import { createHash } from "node:crypto";
import { readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { IscsiConnectionInfo, IscsiPath } from "../model/connection.js";
import { complaint, run, type CommandResult } from "./command.js";
import type { HostLock } from "./host-lock.js";
import { portalOf, readIscsiSessions, splitPortal, type IscsiSession } from "./iscsi-sessions.js";

/** Where open-iscsi keeps its records: Debian's place and others'. */
const recordRoots = ["/etc/iscsi/nodes", "/var/lib/iscsi/nodes"];

/** The session of a path; undefined when this host is not logged in there. */
export const sessionOf = async (path: IscsiPath): Promise<IscsiSession | undefined> =>
  (await readIscsiSessions()).find(({ iqn, portal }) => iqn === path.iqn && portal === portalOf(path.portal));

/** Logs in to a path's target through its portal, if the daemon that does so runs. The kernel is told to look for no units by itself: a target may have others' volumes. */
export async function logIn(path: IscsiPath, { chap, paths }: IscsiConnectionInfo, lock: HostLock, ctx: CallContext): Promise<"logged-in" | "no-daemon"> {
  const node = nodeArguments(path);
  const made = await run(ctx, "iscsiadm", [...node, "--op", "new"], { lockFd: lock.fd });
  if (isNoDaemon(made)) return "no-daemon";
  if (made.exitCode !== 0) throw loginFailed(path, made, ctx);
  await setRecord(path, settings(chap, paths.length > 1 ? 1 : 2), ctx);
  const result = await run(ctx, "iscsiadm", [...node, "--login"], { lockFd: lock.fd });
  if ((await sessionOf(path)) !== undefined) return "logged-in";
  await forgetRecord(path, lock, ctx);
  if (isNoDaemon(result)) return "no-daemon";
  throw loginFailed(path, result, ctx);
}

/** Logs out and proves it; not logged in: only the record is removed. */
export async function logOut(path: Pick<IscsiPath, "iqn" | "portal">, lock: HostLock, ctx: CallContext): Promise<void> {
  const full = { ...path, lun: 0 };
  if ((await sessionOf(full)) !== undefined) {
    await ctx.step("iscsi-logout");
    const result = await run(ctx, "iscsiadm", [...nodeArguments(path), "--logout"], { lockFd: lock.fd });
    if ((await sessionOf(full)) !== undefined) {
      throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot log out of ${path.iqn} at ${path.portal}: ${complaint("iscsiadm", result)}`);
    }
  }
  await forgetRecord(path, lock, ctx);
}

/** The record holds the password: it goes with the login, and what a killed call has not put in its place yet goes too. */
async function forgetRecord(path: Pick<IscsiPath, "iqn" | "portal">, lock: HostLock, ctx: CallContext): Promise<void> {
  for (const draft of draftsOf(path)) await rm(draft, { force: true });
  if ((await recordFiles(path)).length === 0) return;
  await run(ctx, "iscsiadm", [...nodeArguments(path), "--op", "delete"], { lockFd: lock.fd });
}

const nodeArguments = ({ iqn, portal }: Pick<IscsiPath, "iqn" | "portal">): readonly string[] => [
  ...["--mode", "node", "--targetname", iqn],
  ...["--portal", portalOf(portal)],
];

function settings(chap: IscsiConnectionInfo["chap"], tries: number): ReadonlyMap<string, string> {
  const own: readonly (readonly [string, string])[] = [
    ["node.startup", "manual"],
    ["node.session.scan", "manual"],
    // Each takes 15 seconds where nobody listens, and another path may work at once. open-iscsi's own default is 8.
    ["node.session.initial_login_retry_max", String(tries)],
  ];
  const auth: readonly (readonly [string, string])[] =
    chap === undefined
      ? [["node.session.auth.authmethod", "None"]]
      : [
          ["node.session.auth.authmethod", "CHAP"],
          ["node.session.auth.username", chap.username],
          ["node.session.auth.password", chap.password.reveal()],
        ];
  return new Map([...own, ...auth]);
}

/**
 * Writes settings into a node's record. iscsiadm would take the password as an argument, which every process of the host could read;
 * the record itself is root's alone.
 */
async function setRecord(path: IscsiPath, values: ReadonlyMap<string, string>, ctx: CallContext): Promise<void> {
  const files = await recordFiles(path);
  if (files.length === 0) {
    throw ctx.fail("INTERNAL", "attach-failed", `iscsiadm made no record of ${path.iqn} in ${recordRoots.join(" or ")}`);
  }
  for (const file of files) {
    const text = editRecord(await readFile(file, "utf8"), values);
    const [draft = ""] = draftsOf(path).filter((one) => file.startsWith(`${dirname(one)}/`));
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, file);
  }
}

/** Where a record is written before it is put in its place: beside the records, where open-iscsi takes nothing for one. */
const draftsOf = ({ iqn, portal }: Pick<IscsiPath, "iqn" | "portal">): readonly string[] => {
  const hash = createHash("sha256").update(`${iqn} ${portalOf(portal)}`).digest("hex").slice(0, 32);
  return recordRoots.map((root) => join(dirname(root), `.opensds-${hash}`));
};

/** Sets fields of a record, `name = value` on a line each; what it does not have yet comes before its last line. */
export function editRecord(text: string, values: ReadonlyMap<string, string>): string {
  const nameOf = (line: string): string => line.split(" = ")[0] ?? "";
  const kept = text.split("\n").filter((line) => !values.has(nameOf(line)));
  const end = kept.findIndex((line) => line.startsWith("# END RECORD"));
  const own = [...values].map(([name, value]) => `${name} = ${value}`);
  return end === -1 ? [...kept, ...own, ""].join("\n") : [...kept.slice(0, end), ...own, ...kept.slice(end)].join("\n");
}

/** The record's files: one for each interface; open-iscsi names their directory, or the one file, `address,port,group`. */
async function recordFiles({ iqn, portal }: Pick<IscsiPath, "iqn" | "portal">): Promise<readonly string[]> {
  const { address, port } = splitPortal(portal);
  const found: string[] = [];
  for (const root of recordRoots) {
    const directory = join(root, iqn);
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((one) => one === `${address},${port}` || one.startsWith(`${address},${port},`))) {
      const entry = join(directory, name);
      if ((await stat(entry)).isFile()) found.push(entry);
      else found.push(...(await readdir(entry)).map((one) => join(entry, one)));
    }
  }
  return found;
}

const isNoDaemon = ({ stderr }: CommandResult): boolean => /can ?not connect to iSCSI daemon|Could not (start|connect to) iscsid/iu.test(stderr);

/** Makes an error of what iscsiadm complained about. */
function loginFailed(path: IscsiPath, result: CommandResult, ctx: CallContext): Error {
  // Its last line is of all logins together; the one before says why.
  const reason = /initiator reported error \(([^)]*)\)/u.exec(result.stderr)?.[1] ?? complaint("iscsiadm", result);
  const what = `cannot log in to ${path.iqn} at ${path.portal}: ${reason}`;
  if (/authoriz|authentic/iu.test(reason)) {
    return ctx.fail("PERMISSION_DENIED", "permission-denied", `${what}; check the connection's CHAP credentials, and that the target knows this host's initiator name`, { outcome: "none" });
  }
  return ctx.fail("UNAVAILABLE", "backend-unreachable", `${what}; check that the target can be reached from this host`);
}
