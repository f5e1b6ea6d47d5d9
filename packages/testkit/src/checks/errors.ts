import { errorFromJSON, errorToJSON, isSouthboundError, volumeId, type Operation, type SouthboundError } from "@opensds/core";
import { inspect } from "node:util";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { missingChecks } from "./errors-missing.js";
import { outcomeChecks } from "./errors-outcomes.js";
import { requestErrorChecks } from "./contract-requests.js";
import { readPage } from "./support/volumes.js";

/** What errors say, and what they must not. */
export const errorsChecks: readonly Check[] = [
  {
    id: "ERRORS-1",
    family: "errors",
    level: "basic",
    title: "Every error says what failed, why, what changed and what to do, survives its wire form and shows no secret",
    rules: ["SB-ERROR-1", "SB-ERROR-2"],
    run: async (ctx) => {
      for (const [operation, call] of await refusedCalls(ctx)) {
        const error = await ctx.expectError(call(), {}, `${operation} with a request that cannot be met`);
        expectComplete(ctx, error, operation);
        expectNothingSecret(ctx, error);
      }
    },
  },
  ...requestErrorChecks,
  ...outcomeChecks,
  ...missingChecks,
];

/** Calls that a backend itself has to refuse: what the guard refuses before says little about the driver. */
async function refusedCalls(ctx: CheckContext): Promise<readonly (readonly [Operation, () => Promise<unknown>])[]> {
  const { driver, manifest, sizes } = ctx;
  const name = ctx.name("taken");
  const none = volumeId(ctx.name("no-such-id"));
  await driver.createVolume({ name, capacity: { requiredBytes: sizes.small } });
  const other = { requiredBytes: sizes.small + manifest.limits.granularityBytes };
  const calls: (readonly [Operation, () => Promise<unknown>])[] = [
    ["getVolume", () => driver.getVolume({ id: none })],
    ["getVolume", () => driver.getVolume({ name: ctx.name("no-such-name") })],
    ["createVolume", () => driver.createVolume({ name, capacity: other })],
    ["createVolume", () => driver.createVolume({ name, capacity: { requiredBytes: 0 } })],
    ["createVolume", () => driver.createVolume({ name, capacity: other, parameters: { "no such parameter": "x" } })],
    ["listVolumes", () => readPage(driver, 2, "no-such-token")],
  ];
  if (manifest.protocols.length > 0) {
    calls.push(["connectVolume", () => driver.connectVolume({ volumeId: none, connector: ctx.otherHost("any") })]);
  }
  return calls;
}

function expectComplete(ctx: CheckContext, error: SouthboundError, operation: Operation): void {
  ctx.equal(error.operation, operation, "the error's operation");
  ctx.equal(error.backend, ctx.driver.backend, "the error's backend");
  ctx.equal(error.outcome, "none", `the outcome of a refused ${operation}`);
  ctx.ok(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(error.reason), "the reason is in kebab case", error.reason);
  ctx.ok(error.message.trim().split(/\s+/).length >= 3, "the message says in words what was wrong", error.message);
  const back = errorFromJSON(errorToJSON(error));
  ctx.ok(isSouthboundError(back, operation), "the error is recognised after its trip through its wire form", back);
  ctx.equal(JSON.stringify(back), JSON.stringify(error), "the error after its trip through its wire form");
}

/** What looks like a secret or a command line, whoever configured it. */
const forbidden: readonly (readonly [string, RegExp])[] = [
  ["a cephx key", /\bAQ[A-Za-z0-9+/]{36}==/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a password in a URL", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i],
  ["a token header", /\bx-(auth|subject)-token\b\s*[:=]|\bbearer\s+[A-Za-z0-9._-]{12,}/i],
  ["a password", /\b(password|passwd|secret|keyring|key)\b["']?\s*=\s*["']?[^\s"'=]{6,}/i],
  ["a command line", /(^|\s)(\/\S+\/)?[a-z][\w-]*(\s+\S+)?(\s+--[a-z][\w-]*[= ]\S+){2,}/],
];

function expectNothingSecret(ctx: CheckContext, error: SouthboundError): void {
  const wire = JSON.stringify(errorToJSON(error));
  const text = `${wire}\n${inspect(error, { depth: 8 })}`;
  for (const [index, secret] of ctx.secrets.entries()) {
    const shows = secret !== "" && text.includes(secret);
    ctx.ok(!shows, `the error does not show configured secret number ${index + 1}`, `${error.code} ${error.reason}, which shows it`);
  }
  for (const [what, pattern] of forbidden) {
    ctx.ok(!pattern.test(text), `the error does not show ${what}`, `${error.code} ${error.reason}, which shows it`);
  }
}
