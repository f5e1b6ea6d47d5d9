import { formatBytes, isSouthboundError, type Amount } from "@opensds/core";

/** A size for people; a foreign volume may be beyond what can be told. */
export const sizeText = (bytes: number | null): string => (bytes === null ? "over 8 PiB" : formatBytes(bytes));

/** An amount for people, rounded: the exact figure is in the JSON. */
export function amountText(amount: Amount): string {
  if (amount.kind !== "bytes") return amount.kind === "infinite" ? "no limit" : "unknown";
  return `${amount.approximate === true ? "about " : ""}${formatBytes(amount.bytes).replace(/ \(.*/, "")}`;
}

/** Undefined in place of a failure that says that there is no such thing: deleting what is not there succeeds. */
export async function unlessNotFound<Value>(call: Promise<Value>): Promise<Value | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isSouthboundError(error) && error.code === "NOT_FOUND" && error.reason.endsWith("-not-found")) return undefined;
    throw error;
  }
}

/** Quotes a name for a sentence. */
export const quoted = (name: string): string => JSON.stringify(name);
