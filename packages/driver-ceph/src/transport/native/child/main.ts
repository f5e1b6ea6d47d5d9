import { protocolVersion, type FailureWire, type FromChild, type OpenSettings, type OperationName, type RequestOf, type ToChild } from "../protocol.js";
import { openHandle } from "./cluster.js";
import { NativeFailure } from "./failure.js";
import { loadLibraries, type Libraries } from "./libraries.js";
import { createHandlers, type Handlers } from "./operations.js";

/** `prctl`: this process is to be killed when its parent dies. */
const dieWithParent = 1;
const sigkill = 9;

/** Works for one parent until that is gone. */
export function runChild(): void {
  // `process.exit` waits for native calls; a signal does not. Calls never block the event loop, so this is seen at once.
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // A terminal's Ctrl-C and a service manager's stop reach the whole group. The parent may still have work for us: we end with it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

  let opening: Promise<Handlers> | undefined;
  process.on("message", (message: ToChild) => {
    if (message.type === "open") {
      opening = open(message.settings);
      // Told to the parent already.
      opening.catch(() => undefined);
    } else if (opening !== undefined) {
      void answer(opening, message);
    }
  });
  send({ type: "ready", version: protocolVersion });
}

async function open(settings: OpenSettings): Promise<Handlers> {
  let libraries: Libraries;
  try {
    libraries = await loadLibraries();
    // The kernel's own guard, should this process hang in what must not hang.
    libraries.prctl(dieWithParent, sigkill, 0, 0, 0);
  } catch (thrown) {
    send({ type: "unavailable", why: thrown instanceof Error ? thrown.message : String(thrown) });
    throw thrown;
  }
  let keyrings: readonly string[] = [];
  try {
    const handle = openHandle(libraries, settings);
    keyrings = handle.option("keyring").split(/[,;\s]+/).filter((path) => path !== "");
    const connection = await handle.connect();
    const [librados, librbd] = [versionOf(libraries.rados.version), versionOf(libraries.rbd.version)];
    send({ type: "opened", address: connection.address, librados, librbd, keyrings });
    return createHandlers(libraries, connection);
  } catch (thrown) {
    send({ type: "not-opened", failure: failureOf(thrown), keyrings });
    throw thrown;
  }
}

async function answer<Op extends OperationName>(opening: Promise<Handlers>, { number, op, args }: RequestOf<Op>): Promise<void> {
  try {
    const handlers = await opening;
    const result = await handlers[op](args);
    send({ type: "reply", number, op, result });
  } catch (thrown) {
    send({ type: "failed", number, failure: failureOf(thrown) });
  }
}

function failureOf(thrown: unknown): FailureWire {
  if (thrown instanceof NativeFailure) return { what: thrown.what, errno: thrown.errno, detail: thrown.message };
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { what: "librados", detail: detail.slice(0, 500) };
}

function versionOf(read: Libraries["rados"]["version"]): string {
  const numbers = Buffer.alloc(12);
  read(numbers.subarray(0, 4), numbers.subarray(4, 8), numbers.subarray(8, 12));
  return [0, 4, 8].map((at) => numbers.readInt32LE(at)).join(".");
}

function send(message: FromChild): void {
  // The parent is gone: so are we, in a moment.
  process.send?.(message, undefined, undefined, () => undefined);
}
