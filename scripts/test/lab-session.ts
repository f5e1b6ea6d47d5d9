import { createReporter, labDown, labStatus, labUp } from "@opensds/lab";

/** The lab for the length of a test run. */
export type LabSession =
  | { readonly available: true; end(): Promise<void> }
  | { readonly available: false; readonly why: string };

/** Brings the lab's Ceph up unless told not to; says loudly when it cannot be had. */
export async function beginLab(): Promise<LabSession> {
  if (process.env["SB_LAB"] === "off") return { available: false, why: "SB_LAB=off leaves the real backends out" };
  const reporter = createReporter(process.stderr);
  try {
    const was = await labStatus();
    await labUp("ceph", { onProgress: reporter.onProgress });
    reporter.close();
    return {
      available: true,
      // A lab that somebody had up before stays up.
      end: async () => {
        if (was.ceph.state !== "up") await labDown();
      },
    };
  } catch (error) {
    reporter.close();
    const why = error instanceof Error ? error.message : String(error);
    return { available: false, why: `${why}\nTo bring it up by hand: npm run lab -- up ceph` };
  }
}
