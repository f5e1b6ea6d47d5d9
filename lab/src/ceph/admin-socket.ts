import { connect } from "node:net";
import { type JsonObject, parseObject } from "../json.js";

/**
 * Asks a daemon itself, over its admin socket, in milliseconds and without the cluster: the `ceph` program would take a
 * third of a second to start. The request is JSON closed by a NUL, the reply a big-endian length and as much JSON.
 * Undefined when the daemon is not there, not ready, or does not answer in time.
 */
export function askDaemon(socketPath: string, command: string, timeoutMs = 1_000): Promise<JsonObject | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    const finish = (reply?: JsonObject): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on("error", () => finish());
    socket.on("close", () => finish());
    socket.on("connect", () => socket.write(`${JSON.stringify({ prefix: command, format: "json" })}\0`));
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      const reply = completeReply(Buffer.concat(chunks));
      if (reply !== undefined) finish(parseObject(reply));
    });
  });
}

export function completeReply(received: Buffer): string | undefined {
  if (received.length < 4) return undefined;
  const end = 4 + received.readUInt32BE(0);
  return received.length < end ? undefined : received.toString("utf8", 4, end);
}
