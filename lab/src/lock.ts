import { connect, createServer, type Server, type Socket } from "node:net";
import { errorCode } from "./errors.js";

export interface Lock {
  release(): void;
}

export interface LockOptions {
  /** What the holder is doing, told to those who wait. */
  readonly purpose: string;
  readonly onWait?: (holder: string) => void;
}

/**
 * Holds `name` against every other process of this machine.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel frees it the moment its holder dies,
 * however it dies, so there is no stale lock to judge, and there is no file for `down` to leave behind. Those who
 * wait keep a connection to the holder, whose end wakes them.
 */
export async function acquireLock(name: string, options: LockOptions): Promise<Lock> {
  const address = lockAddress(name);
  let told = false;
  for (;;) {
    const lock = await tryListen(address, `${options.purpose} (process ${process.pid})`);
    if (lock !== undefined) return lock;
    await untilReleased(address, (holder) => {
      if (!told) options.onWait?.(holder);
      told = true;
    });
  }
}

/**
 * As long as a socket address can be: Node 20 fills a shorter abstract one up with NULs and later versions do not, so
 * that labs run by different versions would not meet.
 */
export function lockAddress(name: string): string {
  return `\0${`opensds-lab/${name}/`.padEnd(107, ".")}`;
}

function tryListen(address: string, holder: string): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const waiters = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiters.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiters.delete(socket));
      socket.write(`${holder}\n`);
      socket.unref();
    });
    server.once("error", (error) => {
      if (errorCode(error) === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve({
        release: () => {
          server.close();
          for (const socket of waiters) socket.destroy();
        },
      });
    });
  });
}

function untilReleased(address: string, onHolder: (holder: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) onHolder(text.trim());
    });
    // Refused or reset means that the holder has just gone; a short pause keeps many waiters from spinning.
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(resolve, 20));
  });
}
