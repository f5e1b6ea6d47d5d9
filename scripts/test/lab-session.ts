import { createReporter, labDown, labStatus, labUp, type BackendName, type LabStatus } from "@opensds/lab";

/** One of the lab's backends, or why it cannot be had. */
export type LabAnswer = { readonly available: true } | { readonly available: false; readonly why: string };

/** The lab for the length of a test run. */
export interface LabSession {
  /** Brings a backend up when the first family needs it, unless told not to; says loudly when it cannot be had. */
  need(backend: BackendName): Promise<LabAnswer>;
  /** A lab that somebody had up before stays up. */
  end(): Promise<void>;
}

/** Does nothing yet: what no family needs is not brought up. */
export function createLabSession(): LabSession {
  let was: LabStatus | undefined;
  const answers = new Map<BackendName, LabAnswer>();
  const bring = async (backend: BackendName): Promise<LabAnswer> => {
    if (process.env["SB_LAB"] === "off") return { available: false, why: "SB_LAB=off leaves the real backends out" };
    const reporter = createReporter(process.stderr);
    try {
      was ??= await labStatus();
      await labUp(backend, { onProgress: reporter.onProgress });
      return { available: true };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { available: false, why: `${why}\nTo bring it up by hand: npm run lab -- up ${backend}` };
    } finally {
      reporter.close();
    }
  };
  return {
    need: async (backend) => {
      const answer = answers.get(backend) ?? (await bring(backend));
      answers.set(backend, answer);
      return answer;
    },
    end: async () => {
      if (was !== undefined && was.ceph.state !== "up") await labDown();
    },
  };
}
