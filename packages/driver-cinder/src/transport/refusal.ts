import { HttpFailure } from "./failure.js";
import type { Answer } from "./http.js";

/** Makes a failure of an answer that is a refusal. Keystone, Cinder and the servers before them each have their own form. */
export function refusalOf(request: string, answer: Answer): HttpFailure {
  return new HttpFailure({
    request,
    status: answer.status,
    detail: messageIn(answer),
    requestId: answer.header("x-compute-request-id") ?? answer.header("x-openstack-request-id"),
    retryAfterMs: retryAfter(answer.header("retry-after")),
    sent: true,
  });
}

/** `{ "<fault>": { "message": ... } }`, `{ "message": ... }`, or text of a proxy's, of which the first line is enough. */
function messageIn({ json, text }: Answer): string {
  const fault = isMapping(json) ? (typeof json["message"] === "string" ? json : Object.values(json).find(isMapping)) : undefined;
  const message = fault?.["message"];
  const words = typeof message === "string" ? message : text;
  return words.replace(/<[^>]*>/gu, " ").replace(/\s+/gu, " ").trim().slice(0, 500) || "no explanation";
}

/** Seconds, or a date. Zero says nothing. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/u.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
