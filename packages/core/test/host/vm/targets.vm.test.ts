import { afterAll, beforeAll, describe, it } from "vitest";
import { startGuestHost, type GuestHost } from "./guest-host.js";
import { nfsPackages } from "./order.js";

const every = process.env["SB_FULL"] === "1";
const kills = { seed: Number(process.env["SB_SEED"] ?? "0"), every };
/** Every process that is killed takes seconds to start. */
const timeoutMs = every ? 500_000 : 300_000;

describe("network targets on a kernel that has them", () => {
  let guest: GuestHost;
  beforeAll(async () => {
    guest = await startGuestHost(nfsPackages);
  });
  afterAll(() => guest.vm.stop());

  it("takes an NVMe namespace over TCP through its life", async () => {
    console.log(await guest.scenario({ scenario: "target-life", protocol: "nvme-tcp", kills }, timeoutMs));
  }, timeoutMs + 20_000);

  it("takes a file of an NFS export through its life", async () => {
    console.log(await guest.scenario({ scenario: "target-life", protocol: "nfs", kills }, timeoutMs));
  }, timeoutMs + 20_000);

  it("takes an iSCSI unit with CHAP through its life, goes on to the next portal, respects multipath, and leaves others' logins alone", async () => {
    console.log(await guest.scenario({ scenario: "target-life", protocol: "iscsi", kills }, timeoutMs));
  }, timeoutMs + 20_000);
});
