/** A command of Ceph's that failed: what it was, the error number that it gave, and its last words. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** The program and what it was asked for, without arguments: `rbd create`. */
  readonly command: string;
  /** The error number, by Linux's numbers; undefined when the command gave none. */
  readonly errno: number | undefined;
  /** What the command said last, at most 500 characters. */
  readonly detail: string;
  /** The exit status, where the program ended by itself. */
  readonly exitedWith: number | undefined;
  /** Whether the program could not be started because it is not there. */
  readonly missingTool: boolean;

  constructor(
    command: string,
    errno: number | undefined,
    detail: string,
    more: { readonly exitedWith?: number | undefined; readonly missingTool?: boolean } = {},
  ) {
    super(`${command} failed${errno === undefined ? "" : ` with error ${errno}`}${detail === "" ? "" : `: ${detail}`}`);
    this.command = command;
    this.errno = errno;
    this.detail = detail;
    this.exitedWith = more.exitedWith;
    this.missingTool = more.missingTool ?? false;
  }
}

/** The error numbers that this driver tells apart. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  EDQUOT: 122,
} as const;

/** Whether what was thrown is a command that failed with one of these error numbers. */
export function failedWith(thrown: unknown, ...numbers: readonly number[]): boolean {
  return thrown instanceof CommandFailure && thrown.errno !== undefined && numbers.includes(thrown.errno);
}

/** Fulfils with undefined where the command fails with one of these error numbers. */
export async function unless<Value>(numbers: readonly number[], work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (failedWith(thrown, ...numbers)) return undefined;
    throw thrown;
  }
}
