import { secret, type Secret } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "../auth/session.js";
import type { Call } from "../call.js";
import { HttpFailure } from "./failure.js";
import type { Answer, Exchange, Http } from "./http.js";
import type { Microversion } from "./microversion.js";
import { refusalOf } from "./refusal.js";

/** One request to Cinder, below the project's address. */
export interface ApiRequest {
  readonly method: Exchange["method"];
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: unknown;
}

/** Sends requests to Cinder as our user. */
export type Api = (call: Call, request: ApiRequest) => Promise<Answer>;

/** How the requests are made. */
export interface ApiOptions {
  readonly http: Http;
  /** Of the project: `https://cloud:8776/v3/PROJECT`. */
  readonly endpoint: string;
  readonly microversion: Microversion;
  /** Undefined for a Cinder that believes everybody. */
  readonly session: Session | undefined;
  /** The user whose token goes along; undefined: none. */
  readonly service: Session | undefined;
  /** What such a Cinder is told instead of a token. */
  readonly noauthToken: string;
  readonly requestTimeoutMs: number;
}

/** How often a request is sent again that the server did not take on, or whose answer was lost and changes nothing. */
const attempts = 5;
/** How long a server that has answered before may be away: it is being started anew. One that never answered has a wrong address. */
const awayMs = 20_000;
const firstPauseMs = 100;
const longestPauseMs = 2_000;

/** The server, or a proxy before it, is not there for the moment, or wants fewer requests. */
const passing = [429, 502, 503, 504];

/** Makes the one function by which everything asks Cinder. A refusal is an `HttpFailure` with its status. */
export function createApi({ http, endpoint, microversion, session, service, noauthToken, requestTimeoutMs }: ApiOptions): Api {
  const once = async (call: Call, request: ApiRequest, token: Secret, along: Secret | undefined): Promise<Answer> => {
    const { ctx } = call;
    const query = new URLSearchParams(Object.entries(request.query ?? {}).map(([key, value]): [string, string] => [key, String(value)])).toString();
    if (request.method !== "GET") call.changed = true;
    const answer = await http.exchange({
      method: request.method,
      url: `${endpoint}${request.path}${query === "" ? "" : `?${query}`}`,
      headers: {
        "X-Auth-Token": token.reveal(),
        ...(along !== undefined && { "X-Service-Token": along.reveal() }),
        "OpenStack-API-Version": `volume 3.${microversion}`,
      },
      body: request.body,
      // The call's own end comes by its signal.
      timeoutMs: requestTimeoutMs,
      signal: ctx.signal,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusalOf(`${request.method} ${request.path}`, answer);
  };

  let answered = false;
  return async (call, request) => {
    let renewed = false;
    const begun = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      call.ctx.signal.throwIfAborted();
      const before = call.changed;
      const token = session === undefined ? secret(noauthToken) : await session.token(call.ctx.signal);
      const along = await service?.token(call.ctx.signal);
      try {
        const answer = await once(call, request, token, along);
        answered = true;
        return answer;
      } catch (thrown) {
        if (!(thrown instanceof HttpFailure)) throw thrown;
        if (thrown.status !== undefined || !thrown.sent) call.changed = before || (thrown.status !== undefined && thrown.status >= 500 && request.method !== "GET");
        if (thrown.status === 401 && session !== undefined && !renewed) {
          // Expired or revoked since it was given: once with a new one.
          renewed = true;
          session.refused(token);
          if (along !== undefined) service?.refused(along);
          continue;
        }
        const patient = thrown.status === undefined && answered ? performance.now() - begun < awayMs : attempt < attempts;
        if (!patient || !mayRepeat(thrown, request)) throw thrown;
        const pauseMs = pauseAfter(thrown, attempt);
        if (pauseMs >= call.ctx.remainingMs()) throw thrown;
        await sleep(pauseMs, undefined, { signal: call.ctx.signal });
      }
    }
  };
}

/** Sent again is only what the server surely did not do, or what does no harm twice. */
function mayRepeat(failure: HttpFailure, { method }: ApiRequest): boolean {
  if (failure.timedOut) return false;
  if (failure.status === undefined) return !failure.sent || method === "GET";
  if (failure.status === 429 || failure.status === 503) return true;
  return passing.includes(failure.status) && method === "GET";
}

function pauseAfter({ retryAfterMs }: HttpFailure, attempt: number): number {
  const grown = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  return Math.max(retryAfterMs ?? 0, grown * (0.5 + Math.random() / 2));
}
