import type { IncomingMessage, ServerResponse } from "node:http";
import { errorToJSON, isSouthboundError, SouthboundError, type ErrorCode } from "@opensds/core";

/** Codes as HTTP says them; what is not here is 500. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 502,
  PERMISSION_DENIED: 502,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 507,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** A request that means nothing to this agent. */
export const badRequest = (message: string): SouthboundError =>
  new SouthboundError("INVALID_ARGUMENT", "bad-request", message, { outcome: "none" });

/** What a client sends. */
export type Body = Readonly<Record<string, unknown>>;

/** Reads a body of JSON; an empty one is an empty object. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const chunk of request) if ((text += String(chunk)).length > 65_536) throw badRequest("the body is too long");
  try {
    const body: unknown = JSON.parse(text === "" ? "{}" : text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Told below.
  }
  throw badRequest("the body is no JSON object");
}

/** Sends what a call returned, or its error in the wire form, which holds no secret. */
export async function answer(response: ServerResponse, work: Promise<unknown>): Promise<void> {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body ?? null));
  };
  try {
    send(200, await work);
  } catch (error) {
    const status = isSouthboundError(error) ? (statusOf[error.code] ?? 500) : 500;
    if (isSouthboundError(error) && error.recovery === "retry") response.setHeader("retry-after", "1");
    send(status, isSouthboundError(error) ? errorToJSON(error) : { name: "Error", message: "a bug in the agent; its log has it" });
    if (!isSouthboundError(error)) console.error(error);
  }
}
