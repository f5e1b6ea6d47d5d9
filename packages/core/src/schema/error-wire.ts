import * as v from "valibot";
import { anyMap, open } from "./shapes.js";

/** The wire form as it may come from an older or newer peer: with codes and operations that this release does not know. */
export interface ForeignErrorWire {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly recovery?: "fix-request" | "retry" | "wait-for-operation" | "operator" | undefined;
  readonly outcome?: "none" | "applied" | "unknown" | undefined;
  readonly operation?: string | undefined;
  readonly backend?: string | undefined;
  readonly resource?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: ForeignErrorWire | undefined;
}

export const errorWireSchema: v.GenericSchema<unknown, ForeignErrorWire> = open({
  name: v.string(),
  message: v.string(),
  code: v.optional(v.string()),
  reason: v.optional(v.string()),
  recovery: v.optional(v.picklist(["fix-request", "retry", "wait-for-operation", "operator"])),
  outcome: v.optional(v.picklist(["none", "applied", "unknown"])),
  operation: v.optional(v.string()),
  backend: v.optional(v.string()),
  resource: v.optional(v.string()),
  details: v.optional(anyMap),
  cause: v.optional(v.lazy(() => errorWireSchema)),
});
