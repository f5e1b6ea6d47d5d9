import { protocolVersion, type FromChild, type ToChild } from "../../src/transport/native/protocol.js";

// Stands in for the native child, where making an image and purging one take their time.
const answersAfterMs = 3_000;
const send = (message: FromChild): void => void process.send?.(message);

process.on("message", (message: ToChild) => {
  if (message.type === "open") {
    send({ type: "opened", address: "127.0.0.1:0/1", librados: "1", librbd: "1", keyrings: [] });
    return;
  }
  const { number, op } = message;
  const result = op === "isDoomed" ? true : op === "dropHalfMade" ? false : null;
  setTimeout(() => send({ type: "reply", number, op, result }), op === "purge" || op === "create" ? answersAfterMs : 0);
});
process.once("disconnect", () => process.exit());
send({ type: "ready", version: protocolVersion });
