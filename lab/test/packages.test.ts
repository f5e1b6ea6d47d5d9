import { describe, expect, it } from "vitest";
import { installedPackages, policyOwner } from "../src/packages.js";

describe("reading dpkg's books", () => {
  it("counts a package only when it is installed in full", () => {
    const output = [
      "ceph-mon\tii ",
      "ceph-osd\thi ", // held back by the operator, and there
      "ceph-mgr\trc ", // removed, its settings left
      "ceph-common\tiU ", // unpacked by an install that was killed
      "librbd1\tiF ", // half configured
      "librados2\tun ", // only ever mentioned
      "fuse3\tiiR", // needs to be installed again
      "",
    ].join("\n");
    expect([...installedPackages(output)]).toEqual(["ceph-mon", "ceph-osd"]);
  });

  it("knows a switch against autostart that a lab left from the machine's own", () => {
    const mark = "# opensds lab: packages start no daemon while it installs them; process 4711";
    expect(policyOwner(`#!/bin/sh\n${mark}\nexit 101\n`)).toBe(4711);
    expect(policyOwner("#!/bin/sh\nexit 101\n")).toBeUndefined();
    expect(policyOwner("")).toBeUndefined();
  });

  it("reads no package out of nothing", () => {
    expect(installedPackages("").size).toBe(0);
  });
});
