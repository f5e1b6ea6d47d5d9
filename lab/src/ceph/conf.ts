import { CINDER_PORTS } from "../ports.js";
import { type CephFiles } from "./layout.js";
import { type CephState } from "./state.js";

const ADDRESS = "127.0.0.1";

type Settings = readonly (readonly [name: string, value: string | number | boolean])[];

export function monAddresses(state: Pick<CephState, "ports">): { v2: string; v1: string } {
  const { first } = state.ports;
  return { v2: `${ADDRESS}:${first}`, v1: `${ADDRESS}:${first + 1}` };
}

/** The same in the notation of `mon host` and monmaptool: a vector of both protocols' addresses. */
export function monHost(state: Pick<CephState, "ports">): string {
  const { v2, v1 } = monAddresses(state);
  return `[v2:${v2},v1:${v1}]`;
}

/** What a dock is given: where the cluster is and its own key, as an operator would hand it over. */
export function renderClientConf(state: CephState, files: CephFiles): string {
  return render({
    global: [
      ["fsid", state.fsid],
      ["mon host", monHost(state)],
    ],
    client: [["keyring", files.clientKeyring]],
  });
}

/** For the daemons and client.admin. */
export function renderAdminConf(state: CephState, files: CephFiles, sockets: string): string {
  const { first, count } = state.ports;
  const copies = Math.min(state.osds, 3);
  const daemon: Settings = [
    ["admin socket", `${sockets}/$name.asok`],
    ["log file", `${files.logs}/$name.log`],
    ["crash dir", files.crashes],
  ];
  return render({
    global: [
      ["fsid", state.fsid],
      ["mon host", monHost(state)],
      ["auth cluster required", "cephx"],
      ["auth service required", "cephx"],
      ["auth client required", "cephx"],
      ["public network", `${ADDRESS}/32`],
      ["cluster network", `${ADDRESS}/32`],
      ["ms bind ipv6", false],
      // After the monitor's own two. Daemons try the next port when one is taken, within these.
      ["ms bind port min", first + 2],
      ["ms bind port max", first + count - 1 - CINDER_PORTS],
      ["run dir", sockets],
      ["osd pool default size", copies],
      ["osd pool default min size", copies === 3 ? 2 : 1],
      ["osd pool default pg autoscale mode", "off"],
      // All copies are on this one host.
      ["osd crush chooseleaf type", 0],
      ["mon allow pool size one", true],
      // rocksdb says little at level 1 and fills disks at its default.
      ["debug rocksdb", "1/5"],
    ],
    // No keyring in [global]: it would override the daemons' own, and the manager could not log in.
    client: [["keyring", files.adminKeyring]],
    mon: [
      ...daemon,
      ["mon data", files.data("mon.a")],
      ["keyring", files.keyring("mon.a")],
      ["mon cluster log file", `${files.logs}/cluster.log`],
      ["mon warn on pool no redundancy", false],
      ["mon allow pool delete", true],
      ["auth allow insecure global id reclaim", false],
      // Every change of a map waits this long for another to go with it: a second by default, and a start is a dozen.
      ["paxos propose interval", 0.05],
      // A developer's disk is often nearly full, and the cluster is small: let it run.
      ["mon data avail warn", 1],
      ["mon data avail crit", 1],
    ],
    mgr: [
      ...daemon,
      ["mgr data", files.data("mgr.x")],
      ["keyring", files.keyring("mgr.x")],
      // The defaults hold a web server or two, which would listen.
      ["mgr initial modules", "rbd_support"],
      // Pool figures that follow a write within about a second.
      ["mgr tick period", 1],
      ["mgr stats period", 1],
    ],
    osd: [
      ...daemon,
      ["osd data", files.data("osd.$id")],
      ["keyring", files.keyring("osd.$id")],
      ["osd objectstore", "bluestore"],
      // A sparse file: it takes what is written to it.
      ["bluestore block size", 20 * 1024 ** 3],
      // What an OSD waits for whenever it closes its store, which it does five times at every start: 250 by default.
      ["bdev aio poll ms", 50],
      // Hardly above the least value that Ceph takes.
      ["osd memory target", 1024 ** 3],
    ],
  });
}

function render(sections: Readonly<Record<string, Settings>>): string {
  const text = Object.entries(sections).map(
    ([name, settings]) => `[${name}]\n${settings.map(([key, value]) => `${key} = ${value}\n`).join("")}`,
  );
  return `# Written by the lab at every \`up\`: changes made here are lost.\n${text.join("\n")}`;
}
