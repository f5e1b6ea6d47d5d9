import type { CallOptions } from "../driver/call-context.js";

/** One thing that the doctor looked at. */
export interface Finding {
  /** Stable, in kebab case: `cephx-caps`, `kernel-rbd`. */
  readonly check: string;
  readonly status: "ok" | "warning" | "error";
  /** What was found, with versions and names. */
  readonly message: string;
  /** What to do about it; present unless all is well. */
  readonly hint?: string | undefined;
}

/** Looking at everything that could go wrong before it does: versions, rights, kernel features. Changes nothing. */
export interface DoctorFacet {
  /** Looks at everything, also after something was found wrong; fails only when it could not look at all (SB-DOCTOR-1, 2). */
  examine(options?: CallOptions): Promise<readonly Finding[]>;
}
