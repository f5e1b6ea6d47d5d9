import { requireFacets } from "@opensds/core";
import type { Check } from "../check.js";
import { identityOf, readAllVolumes } from "./support/volumes.js";

/** Looking at everything before it goes wrong. */
export const doctorChecks: readonly Check[] = [
  {
    id: "DOCTOR-1",
    family: "doctor",
    level: "basic",
    title: "The doctor changes nothing, and says what to do about everything that is not well",
    rules: ["SB-DOCTOR-1"],
    facets: ["doctor"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "doctor");
      const volume = await ctx.create("patient");
      const look = async () => ({
        volume: await driver.getVolume({ id: volume.id }),
        volumes: (await readAllVolumes(driver)).filter((one) => ctx.isOurs(one)).map(identityOf),
        attachments: await driver.listAttachments({ volumeId: volume.id, hostId: "all" }),
      });
      const before = await look();
      const findings = await driver.doctor.examine();
      const again = await driver.doctor.examine();
      ctx.equal(await look(), before, "the volumes and attachments after two examinations");

      ctx.ok(findings.length > 0, "the doctor says what it looked at", findings);
      for (const finding of [...findings, ...again]) {
        ctx.ok(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(finding.check), "a finding's check is in kebab case", finding);
        ctx.ok(finding.message.trim() !== "", "a finding says what was found", finding);
        ctx.ok(finding.status === "ok" || (finding.hint ?? "").trim() !== "", "a finding that is not ok has a hint that says what to do", finding);
      }
    },
  },
];
