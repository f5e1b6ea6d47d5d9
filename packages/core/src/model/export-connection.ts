import * as v from "valibot";
import { SouthboundError } from "../errors/southbound-error.js";
import { exportedConnectionSchema } from "../schema/connection.js";
import type { Connection, ConnectionInfo } from "./connection.js";

/**
 * Writes a connection as text for another process: what `connectVolume` returned on one machine is attached on another.
 * **The text holds the connection's secrets in the clear**: send it over a channel that may carry them, never store or log it.
 * Everything else that prints a connection shows `[secret]`.
 */
export function exportConnection({ attachment, info }: Connection): string {
  return JSON.stringify({ type: "connection", version: 1, attachment, info: revealed(info) });
}

function revealed(info: ConnectionInfo): unknown {
  switch (info.protocol) {
    case "rbd":
      return info.key === undefined ? info : { ...info, key: info.key.reveal() };
    case "iscsi":
      return info.chap === undefined ? info : { ...info, chap: { ...info.chap, password: info.chap.password.reveal() } };
    case "file":
    case "nfs":
    case "nvme-tcp":
      return info;
  }
}

/**
 * Reads what {@link exportConnection} wrote, for `Host.attach`.
 * @throws SouthboundError INVALID_ARGUMENT `bad-connection`: no such text, or of a version that this release does not know; the
 * message names the fields that are wrong and quotes nothing of them
 */
export function importConnection(text: string): Connection {
  const result = v.safeParse(exportedConnectionSchema, parse(text));
  if (result.success) return { attachment: result.output.attachment, info: result.output.info };
  const fields = [...new Set(result.issues.map((issue) => v.getDotPath(issue) ?? "the whole text"))];
  throw bad(`${fields.join(", ")} ${fields.length === 1 ? "is" : "are"} missing or wrong`, fields);
}

/** The parser's own error quotes the text, and with it perhaps a secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad("it is no JSON", []);
  }
}

const bad = (what: string, fields: readonly string[]): SouthboundError =>
  new SouthboundError("INVALID_ARGUMENT", "bad-connection", `this is no exported connection of version 1: ${what}; hand in what exportConnection returned`, {
    outcome: "none",
    details: { fields },
  });
