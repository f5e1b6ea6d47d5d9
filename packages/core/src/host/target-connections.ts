import type { CallContext } from "../driver/call-context.js";
import type { IscsiConnectionInfo, NfsConnectionInfo, NvmeTcpConnectionInfo } from "../model/connection.js";

type Rule = readonly [field: string, value: string, rule: RegExp];

/** One word: it becomes part of a path, of a program's arguments or of a line. */
const word = /^[\p{L}\p{N}._:-]{1,223}$/u;
const address = /^[\w.:%-]{1,255}$/u;
const oneLine = /^[^\p{Cc}]{1,255}$/u;

/** Checks an iSCSI connection; what is wrong is named, a secret never quoted. */
export function checkIscsiConnection({ paths, chap }: IscsiConnectionInfo, ctx: CallContext): void {
  const rules = paths.flatMap(({ portal, iqn, lun }): readonly Rule[] => [
    ["portal", portal, /^(\[[0-9a-fA-F:.%\w]+\]|\w[\w.-]*)(:\d{1,5})?$/u],
    ["iqn", iqn, /^(iqn|eui|naa)\.[\p{L}\p{N}._:-]{1,219}$/u],
    ["lun", String(lun), /^\d{1,5}$/u],
  ]);
  check([["number of paths", String(paths.length), /^[1-9]\d*$/u], ...rules], ctx);
  if (chap === undefined) return;
  check([["chap.username", chap.username, oneLine]], ctx);
  if (!oneLine.test(chap.password.reveal())) throw bad(ctx, "the connection's chap.password is empty, too long or has control characters in it");
}

/** Checks an NVMe connection. */
export function checkNvmeConnection({ subsystem, portals, namespace, hostNqn }: NvmeTcpConnectionInfo, ctx: CallContext): void {
  const rules: readonly Rule[] = [
    ["subsystem", subsystem, word],
    ["number of portals", String(portals.length), /^[1-9]\d*$/u],
    ...portals.flatMap(({ address: host, port }): readonly Rule[] => [
      ["address", host, address],
      ["port", String(port), /^\d{1,5}$/u],
    ]),
    ["namespace.uuid", namespace.uuid ?? "0", /^[0-9a-fA-F-]+$/u],
    ["namespace.nguid", namespace.nguid ?? "0", /^[0-9a-fA-F-]+$/u],
    ["namespace.id", String(namespace.id ?? 1), /^\d+$/u],
    ["hostNqn", hostNqn ?? "x", word],
  ];
  check(rules, ctx);
}

/** Checks an NFS connection. */
export function checkNfsConnection({ export: exported, file, options = [] }: NfsConnectionInfo, ctx: CallContext): void {
  check(
    [
      ["export", exported, /^(\[[0-9a-fA-F:.%\w]+\]|\w[\w.-]*):\/[^\p{Cc}]{0,1023}$/u],
      ["file", file, /^(?!\.{1,2}$)[^\p{Cc}/]{1,255}$/u],
      // What is mounted where, and how, is not the server's to say.
      ...options.map((option): Rule => ["option", option, /^(?!(x-.*|suid|dev|exec|users?|owner|group|(re|r?bind|move|bg|ro$|rw$|context).*)$)[a-zA-Z0-9_]+(=[\w.:@-]+)?$/u]),
    ],
    ctx,
  );
}

function check(rules: readonly Rule[], ctx: CallContext): void {
  for (const [field, value, rule] of rules) {
    if (!rule.test(value)) throw bad(ctx, `the connection's ${field} is ${JSON.stringify(value)}, which is no such thing`);
  }
}

const bad = (ctx: CallContext, message: string): Error => ctx.fail("INVALID_ARGUMENT", "bad-connection", message, { outcome: "none" });
