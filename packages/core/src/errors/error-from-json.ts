import * as v from "valibot";
import { errorWireSchema, type ForeignErrorWire } from "../schema/error-wire.js";
import { errorCodes, type ErrorCode } from "./codes.js";
import { operationCodes, type Operation } from "./operations.js";
import { SouthboundError } from "./southbound-error.js";

/**
 * Reads the wire form of an error back, whichever release wrote it: an unknown code is `UNKNOWN`, an unknown operation is left out.
 * INVALID_ARGUMENT `bad-record` for what is no wire form.
 */
export function errorFromJSON(wire: unknown): Error {
  const read = v.safeParse(errorWireSchema, wire);
  if (read.success) return toError(read.output);
  throw new SouthboundError("INVALID_ARGUMENT", "bad-record", `this is no error in its wire form: ${read.issues[0].message}`, { outcome: "none" });
}

function toError(wire: ForeignErrorWire): Error {
  const cause = wire.cause && toError(wire.cause);
  if (wire.code === undefined || wire.reason === undefined) {
    const plain = new Error(wire.message, cause && { cause });
    plain.name = wire.name;
    return plain;
  }
  const code = isCode(wire.code) ? wire.code : "UNKNOWN";
  const operation = wire.operation !== undefined && isOperation(wire.operation) ? wire.operation : undefined;
  return new SouthboundError(code, wire.reason, wire.message, { ...wire, operation, cause });
}

const isCode = (text: string): text is ErrorCode => errorCodes.some((code) => code === text);
const isOperation = (text: string): text is Operation => Object.hasOwn(operationCodes, text);
