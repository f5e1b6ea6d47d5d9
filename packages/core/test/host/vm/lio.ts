import { symlinkSync, writeFileSync } from "node:fs";
import { secret, type IscsiConnectionInfo } from "@opensds/core";
import { must } from "@opensds/lab/guest";
import { configure, entries, makeBackingDisk, mountConfigfs, type Target } from "./target.js";

export const iqn = "iqn.2026-01.example.array:shared";
export const initiator = "iqn.1993-08.org.debian:01:opensds-guest";
/** Both lead to both units. */
export const portals = ["127.0.0.1:3260", "127.0.0.2:3260"] as const;
const password = "not-for-your-eyes-17";

/** An iSCSI target of the kernel (LIO), which lets in one initiator with one password. */
export function makeLioTarget(): Target {
  must("modprobe", "-a", "loop", "target_core_iblock", "iscsi_target_mod");
  const root = `${mountConfigfs()}/target`;
  const disks = [makeBackingDisk("lio-1"), makeBackingDisk("lio-2")];
  const tpg = `iscsi/${iqn}/tpgt_1`;
  configure(root, [[tpg], ...portals.map((portal) => [`${tpg}/np/${portal}`] as const), [`${tpg}/acls/${initiator}`]]);
  disks.forEach(({ path }, index) => {
    const unit = `core/iblock_0/unit${index + 1}`;
    configure(root, [[unit], [`${unit}/control`, `udev_path=${path}`], [`${unit}/wwn/vpd_unit_serial`, `${index + 1}a1b2c3d-0000-0000-0000-000000000000`], [`${unit}/enable`, "1"]]);
    configure(root, [[`${tpg}/lun/lun_${index + 1}`], [`${tpg}/acls/${initiator}/lun_${index + 1}`]]);
    symlinkSync(`${root}/${unit}`, `${root}/${tpg}/lun/lun_${index + 1}/unit`);
    symlinkSync(`${root}/${tpg}/lun/lun_${index + 1}`, `${root}/${tpg}/acls/${initiator}/lun_${index + 1}/unit`);
  });
  configure(root, [
    [`${tpg}/acls/${initiator}/auth/userid`, "dock"],
    [`${tpg}/acls/${initiator}/auth/password`, password],
    [`${tpg}/attrib/authentication`, "1"],
    [`${tpg}/enable`, "1"],
  ]);
  writeFileSync("/etc/iscsi/initiatorname.iscsi", `InitiatorName=${initiator}\n`);

  return {
    method: "iscsi",
    info: (unit) => iscsiInfo(unit, password),
    stranger: { info: iscsiInfo(1, "guessed-wrong-0000"), reason: "permission-denied" },
    grow: (bytes) => disks[0]?.grow(bytes),
    sessions: () => entries("/sys/class/iscsi_session"),
    disks: () => entries("/sys/block").filter((name) => /^sd|^dm-/.test(name)),
    secret: password,
  };
}

export const iscsiInfo = (lun: number, given = password): IscsiConnectionInfo => ({
  protocol: "iscsi",
  paths: portals.map((portal) => ({ portal, iqn, lun })),
  chap: { username: "dock", password: secret(given) },
  readOnly: false,
});
