import { afterAll, beforeAll, describe, it } from "vitest";
import { startGuestHost, type GuestHost } from "./guest-host.js";

describe("network targets on a kernel that has them", () => {
  let guest: GuestHost;
  beforeAll(async () => {
    guest = await startGuestHost();
  });
  afterAll(() => guest.vm.stop());

  it("takes an NVMe namespace over TCP through its life", async () => {
    console.log(await guest.scenario({ scenario: "target-life", protocol: "nvme-tcp" }));
  });

  it("takes an iSCSI unit with CHAP through its life", async () => {
    console.log(await guest.scenario({ scenario: "target-life", protocol: "iscsi" }));
  });
});

describe("a host that others use too", () => {
  let guest: GuestHost;
  beforeAll(async () => {
    guest = await startGuestHost();
  });
  afterAll(() => guest.vm.stop());

  it("goes on to the next portal, respects multipath, and leaves others' logins alone", async () => {
    console.log(await guest.scenario({ scenario: "iscsi-care" }));
  });
});
