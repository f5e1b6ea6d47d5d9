import * as v from "valibot";
import { HttpFailure } from "./failure.js";
import type { Http } from "./http.js";
import { refusalOf } from "./refusal.js";

/** The minor number of a microversion of version 3: `3.59` is 59. */
export type Microversion = number;

/** Completing an attachment. Without it no attachment ever counts. */
export const lowestUsable: Microversion = 44;
/** The highest that this driver was tried with. */
export const highestKnown: Microversion = 70;
/** Read-only attachments. */
export const readOnlyAttachments: Microversion = 54;
/** Snapshots of volumes in use without `force`, which is refused from here on. */
export const snapshotsWithoutForce: Microversion = 66;

export const minorOf = (text: string): Microversion => Number(text.slice(text.indexOf(".") + 1));

const versionsShape = v.object({ versions: v.array(v.object({ id: v.string(), version: v.string(), min_version: v.string() })) });

/** The lowest and highest microversion that a server offers. */
export interface OfferedVersions {
  readonly lowest: Microversion;
  readonly highest: Microversion;
}

/** Asks the server, above the address of version 3, which needs no token. */
export async function offeredVersions(http: Http, endpoint: string, limits: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<OfferedVersions> {
  const root = endpoint.replace(/\/v3(\/.*)?$/u, "");
  const answer = await http.exchange({ method: "GET", url: `${root}/`, ...limits });
  // 300: several choices, which is the usual answer of a list of versions.
  if (answer.status !== 200 && answer.status !== 300) throw refusalOf("GET /", answer);
  const parsed = v.safeParse(versionsShape, answer.json);
  const found = parsed.success ? parsed.output.versions.find(({ id }) => id.startsWith("v3.")) : undefined;
  if (found === undefined) throw new HttpFailure({ request: "GET /", status: answer.status, detail: "there is no Cinder of version 3", sent: true });
  return { lowest: minorOf(found.min_version), highest: minorOf(found.version) };
}
