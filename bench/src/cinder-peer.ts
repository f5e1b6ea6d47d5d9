import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** openstacksdk in a process of its own, warm and with one connection. */
export interface Peer {
  ask(order: "create" | "get" | "list" | "delete" | "version", argument?: string): Promise<unknown>;
  end(): void;
}

/** Starts it on a cloud of a clouds.yaml; the OpenStack libraries are Debian's, so the interpreter is too. */
export function startPeer(cloud: string, env: Readonly<Record<string, string>>): Peer {
  const script = fileURLToPath(new URL("openstacksdk.py", import.meta.url));
  const child = spawn("/usr/bin/python3", [script, cloud], { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  const answers: AsyncIterator<string> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (order, argument = "") => {
      child.stdin.write(`${JSON.stringify([order, argument])}\n`);
      const next = await answers.next();
      if (next.done === true) throw new Error("openstacksdk ended without an answer");
      const answer: unknown = JSON.parse(next.value);
      if (typeof answer === "object" && answer !== null && "value" in answer) return answer.value;
      throw new Error(`openstacksdk answered ${next.value}`);
    },
    end: () => child.stdin.end(),
  };
}
