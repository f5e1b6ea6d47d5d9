// node dist/main.js BACKENDS-FILE [PORT]: serves the backends of a file on loopback.
import { once } from "node:events";
import { isSouthboundError, openBackends, retrying } from "@opensds/core";
import { createAgent } from "./agent.js";

const [file = "backends.yaml", port = "0"] = process.argv.slice(2);
try {
  const backends = await openBackends(file, { from: import.meta.url, log: console });
  // A backend that is away for a minute is no reason not to come up.
  await retrying((options) => backends.setup(options), { timeoutMs: 60_000 });
  const agent = createAgent(backends).listen(Number(port), "127.0.0.1");
  await once(agent, "listening");
  console.log(`listening ${JSON.stringify(agent.address())}`);
  const end = async (): Promise<void> => {
    agent.close();
    // Attachments and mounts stay: they are the machine's, and the next start finds them.
    await backends.unset({ timeoutMs: 5_000 });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end());
} catch (error) {
  if (!isSouthboundError(error)) throw error;
  console.error(`${error.code} ${error.reason}: ${error.message}`);
  process.exitCode = 1;
}
