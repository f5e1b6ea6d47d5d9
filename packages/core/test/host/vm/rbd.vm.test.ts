import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conf, imageInfo, keyring, monitors, removeImages } from "../lab-images.js";
import { startGuestHost, type GuestHost } from "./guest-host.js";

/** Both methods and both file systems on every run; all four pairs with SB_FULL. The seed says which two. */
const pairs = [
  ["krbd", "ext4"],
  ["rbd-nbd", "xfs"],
  ["krbd", "xfs"],
  ["rbd-nbd", "ext4"],
] as const;
const isFull = process.env["SB_FULL"] === "1";
const begin = Number(process.env["SB_SEED"] ?? "0") % 2 === 0 ? 0 : 2;
const chosen = isFull ? pairs : pairs.slice(begin, begin + 2);

describe("RBD on a kernel that has it", () => {
  let guest: GuestHost;
  beforeAll(async () => {
    guest = await startGuestHost();
  });
  afterAll(async () => {
    await guest.vm.stop();
    await removeImages();
  });

  it("falls back to rbd-nbd where the kernel has no rbd module, and says why when nothing else is allowed", async () => {
    await guest.scenario({ scenario: "rbd-fallback", info: imageInfo(), reason: "module" });
    expect((await guest.vm.run("umount /lib/modules/$(uname -r)/modules.dep")).exitCode).toBe(0);
  });

  it.each(chosen)("takes an image through its life by %s with %s", async (method, fsType) => {
    console.log(await guest.scenario({ scenario: "rbd-life", info: imageInfo({ methods: [method], monitors: monitors() }), conf, keyring, method, fsType }));
  });

  it.runIf(isFull)("opens an encrypted image by rbd-nbd, with its passphrase only", async () => {
    console.log(await guest.scenario({ scenario: "rbd-encrypted", info: imageInfo(), conf }));
  });

  it("falls back to rbd-nbd where the kernel cannot map the image's features", async () => {
    await guest.scenario({ scenario: "rbd-fallback", info: imageInfo({}, "journaling"), reason: "features" });
  });
});
