import type { Secret } from "@opensds/core";
import { orAborted } from "../or-aborted.js";
import type { Http } from "../transport/http.js";
import type { Cloud } from "./cloud.js";
import { signIn, type Grant } from "./keystone.js";

/** Who we are to the cloud, for as long as the backend is open: a token, renewed before and after it expires. */
export interface Session {
  /** A token that is good now. */
  token(signal: AbortSignal): Promise<Secret>;
  /** The grant behind the token. */
  grant(signal: AbortSignal): Promise<Grant>;
  /** That the cloud refused this token: the next one is a new one. */
  refused(token: Secret): void;
}

/** A token is renewed this long before its end, or at four fifths of a short life. */
const earlyMs = 60_000;
const signInTimeoutMs = 30_000;

type KeystoneCloud = Extract<Cloud, { readonly auth: "keystone" }>;

/** Makes a session; signs in when a token is first asked for. */
export function createSession(http: Http, cloud: KeystoneCloud, now: () => number = () => performance.now()): Session {
  let current: { readonly grant: Grant; readonly renewAt: number } | undefined;
  let running: Promise<Grant> | undefined;

  const renew = async (): Promise<Grant> => {
    const begun = now();
    // Many calls wait for it, so no single caller's signal ends it.
    const grant = await signIn(http, cloud, { timeoutMs: signInTimeoutMs, signal: AbortSignal.timeout(signInTimeoutMs) });
    current = { grant, renewAt: begun + Math.max(grant.lifeMs * 0.8, grant.lifeMs - earlyMs) };
    return grant;
  };
  const grant = async (signal: AbortSignal): Promise<Grant> => {
    if (current !== undefined && now() < current.renewAt) return current.grant;
    running ??= renew().finally(() => (running = undefined));
    return orAborted(running, signal);
  };
  return {
    grant,
    token: async (signal) => (await grant(signal)).token,
    refused: (token) => {
      if (current?.grant.token === token) current = undefined;
    },
  };
}
