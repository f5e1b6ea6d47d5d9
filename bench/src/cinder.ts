import { strictEqual } from "node:assert/strict";
import channel from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import { GiB, openBackends, type VolumeDriver } from "@opensds/core";
import { cinder } from "@opensds/driver-cinder";
import { clearFilled, fillVolumes, labStatus, labUp } from "@opensds/lab";
import { execa } from "execa";
import { startPeer, type Peer } from "./cinder-peer.js";
import { returnAfterReady, type Create } from "./cinder-return.js";
import { interleave, type Amount } from "./interleave.js";
import { toRow, type BenchRow, type Rounds } from "./row.js";

interface Extent {
  readonly amount: Amount;
  readonly listed: number;
}
const real: Extent = { amount: { rounds: 4, perRound: 3 }, listed: 1000 };
/** Each figure once, as a sample. */
const sample: Extent = { amount: { rounds: 1, perRound: 2 }, listed: 50 };
const prefix = `bench-${process.pid}-`;

/** driver-cinder against openstacksdk and the `openstack` command, as the same ordinary user of the same cloud. */
export async function benchCinder(quick: boolean): Promise<readonly BenchRow[]> {
  const extent = quick ? sample : real;
  const { cinder: lab } = (await labStatus()).cinder.state === "up" ? await labStatus() : await labUp("cinder");
  if (lab.state !== "up") throw new Error("the lab's Cinder is not up");
  const env = { OS_CLIENT_CONFIG_FILE: lab.cloudsFile, OS_CLIENT_SECURE_FILE: lab.secureFile };
  const backends = await openBackends(lab.backendsFile, { drivers: [cinder] });
  const driver = backends.get("cinder");
  await driver.setup();
  const peer = startPeer("lab", env);
  const version = String(await peer.ask("version"));
  const row = (name: string, rounds: Rounds, target?: number): BenchRow =>
    toRow({ area: "cinder", case: name, peerName: "openstacksdk", peerVersion: version, unit: "ms", ...(target !== undefined && { target }) }, rounds);
  try {
    const created = await benchCreate(driver, peer, extent);
    const read = await benchGet(driver, peer, extent);
    const pages = await benchList(driver, peer, extent);
    const deleted = await benchDelete(driver, peer, extent);
    const { stdout: cliVersion } = await execa("/usr/bin/openstack", ["--version"]);
    return [
      row("createVolume to available", created.rounds, 1.1),
      toRow(
        { area: "cinder", case: "createVolume, return after available", peerName: "cinder-volume", peerVersion: "from request to available", unit: "ms", target: 0.5 },
        await returnAfterReady(created.creates),
      ),
      row("getVolume by id", read, 1),
      row(`listVolumes ${extent.listed}`, pages, 1),
      row("deleteVolume to gone", deleted),
      toRow({ area: "cinder", case: "listVolumes few", peerName: "openstack CLI", peerVersion: cliVersion.replace("openstack ", ""), unit: "ms", target: 1 }, await benchCommand(driver, env)),
    ];
  } finally {
    peer.end();
    await backends.unset();
  }
}

const ourName = (index: number): string => `${prefix}${index}`;
const theirName = (index: number): string => `${prefix}peer-${index}`;
const ids = new Map<number, Awaited<ReturnType<VolumeDriver["createVolume"]>>["id"]>();

/** The requests that are sent while something runs, which the row's figures do not show: those of one volume by its id are looks. */
async function requestsOf(work: () => Promise<unknown>): Promise<string> {
  let [looks, others] = [0, 0];
  const watch = (message: unknown): void => {
    const request = message instanceof Object && "request" in message ? message.request : undefined;
    if (request instanceof ClientRequest && request.method === "GET" && /\/volumes\/[0-9a-f-]{36}$/u.test(request.path)) looks += 1;
    else others += 1;
  };
  channel.subscribe("http.client.request.start", watch);
  try {
    await work();
  } finally {
    channel.unsubscribe("http.client.request.start", watch);
  }
  return looks === 0 ? `${others} requests` : `${others} requests and ${looks} looks`;
}

async function benchCreate(driver: VolumeDriver, peer: Peer, { amount }: Extent): Promise<{ readonly rounds: Rounds; readonly creates: readonly (readonly Create[])[] }> {
  const creates: Create[] = [];
  const make = async (index: number): Promise<void> => {
    const askedMs = Date.now();
    const { id } = await driver.createVolume({ name: ourName(index), capacity: { requiredBytes: GiB } });
    creates.push({ id, askedMs, returnedMs: Date.now() });
    ids.set(index, id);
  };
  const rounds = await interleave(amount, make, (index) => peer.ask("create", theirName(index)));
  console.error(`cinder  createVolume: ${await requestsOf(() => make(10_000))}`);
  const extra = ids.get(10_000);
  if (extra !== undefined) await driver.deleteVolume({ id: extra });
  const { rounds: count, perRound } = amount;
  return { rounds, creates: Array.from({ length: count }, (_, round) => creates.slice(round * perRound, (round + 1) * perRound)) };
}

function benchGet(driver: VolumeDriver, peer: Peer, { amount }: Extent): Promise<Rounds> {
  const ours = async (index: number): Promise<void> => {
    const id = ids.get(index % (amount.rounds * amount.perRound));
    if (id !== undefined) strictEqual((await driver.getVolume({ id })).sizeBytes, GiB);
  };
  const theirs = async (index: number): Promise<void> => strictEqual(await peer.ask("get", theirName(index % (amount.rounds * amount.perRound))), 1);
  return interleave({ rounds: amount.rounds, perRound: 12 }, ours, theirs);
}

async function benchList(driver: VolumeDriver, peer: Peer, { amount: { rounds: count }, listed }: Extent): Promise<Rounds> {
  const like = { id: ids.get(0) ?? "", name: ourName(0) };
  const names = `${like.name}-`;
  await fillVolumes(like, listed);
  try {
    const ours = async (): Promise<void> => {
      let count = 0;
      for await (const volume of driver.listVolumes({ pageSize: 1000 })) if (volume.name.startsWith(names)) count += 1;
      strictEqual(count, listed);
    };
    const theirs = async (): Promise<void> => strictEqual(await peer.ask("list", names), listed);
    const measured = await interleave({ rounds: count, perRound: 1 }, ours, theirs);
    console.error(`cinder  listVolumes ${listed}: ${await requestsOf(ours)}`);
    return measured;
  } finally {
    await clearFilled(like);
  }
}

function benchDelete(driver: VolumeDriver, peer: Peer, { amount }: Extent): Promise<Rounds> {
  const ours = async (index: number): Promise<void> => {
    const id = ids.get(index);
    if (id !== undefined) await driver.deleteVolume({ id });
  };
  return interleave(amount, ours, (index) => peer.ask("delete", theirName(index)));
}

/** What somebody types, against the same answer from a driver that is open. */
function benchCommand(driver: VolumeDriver, env: Readonly<Record<string, string>>): Promise<Rounds> {
  const ours = async (): Promise<void> => {
    for await (const { name } of driver.listVolumes()) strictEqual(typeof name, "string");
  };
  return interleave({ rounds: 3, perRound: 1 }, ours, () => execa("/usr/bin/openstack", ["--os-cloud", "lab", "volume", "list", "-f", "json"], { env }));
}
