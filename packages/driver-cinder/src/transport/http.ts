import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { HttpFailure } from "./failure.js";

/** One request, with an absolute address. */
export interface Exchange {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came back, whatever its status. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
  readonly text: string;
}

/** Sends requests over connections that stay open. */
export interface Http {
  /** Fails with `HttpFailure` when no answer came; any status is an answer. */
  exchange(exchange: Exchange): Promise<Answer>;
  close(): void;
}

/** Makes the door to a cloud's servers. */
export function createHttp(trust: { readonly ca: string | undefined; readonly verify: boolean }): Http {
  // Fewer than servers close idle connections after: a request on one that is being closed would be lost.
  const options = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8, timeout: 4_000 };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, rejectUnauthorized: trust.verify, ...(trust.ca !== undefined && { ca: trust.ca }) });
  return {
    exchange: async (exchange) => {
      try {
        return await send(exchange, exchange.url.startsWith("https:") ? https : http);
      } catch (thrown) {
        // The server closed an idle connection just as it was taken up again: nothing was read.
        if (thrown instanceof HttpFailure && thrown.detail === staleConnection) return send(exchange, exchange.url.startsWith("https:") ? https : http);
        throw thrown;
      }
    },
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

const staleConnection = "the connection was closed while it was idle";

function send({ method, url, headers, body, timeoutMs, signal }: Exchange, agent: HttpAgent | HttpsAgent): Promise<Answer> {
  const { pathname } = new URL(url);
  const what = `${method} ${pathname}`;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const all = {
    Accept: "application/json",
    ...headers,
    ...(payload !== undefined && { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(payload)) }),
  };
  return new Promise((resolve, reject) => {
    const begin = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request: ClientRequest = begin(url, { method, headers: all, agent, signal });
    let sent = false;
    const timer = setTimeout(() => {
      reject(new HttpFailure({ request: what, detail: `no answer within ${Math.round(timeoutMs)} ms`, sent, timedOut: true }));
      request.destroy();
    }, timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      if (signal.aborted) {
        reject(signal.reason instanceof Error ? signal.reason : error);
        return;
      }
      const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
      const stale = request.reusedSocket && code === "ECONNRESET";
      reject(new HttpFailure({ request: what, detail: stale ? staleConnection : code, sent }));
    };
    request.on("error", fail);
    request.on("socket", (socket) => {
      const mark = (): void => {
        sent = true;
      };
      // A connection that is not made yet has sent nothing.
      if (socket.connecting) socket.once("connect", mark);
      else mark();
    });
    request.on("response", (response) => {
      read(response).then(
        (text) => {
          clearTimeout(timer);
          resolve(answerOf(response, text));
        },
        (error: unknown) => fail(error instanceof Error ? error : new Error(String(error))),
      );
    });
    request.end(payload);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

function answerOf(response: IncomingMessage, text: string): Answer {
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    json: parse(text),
    text,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
