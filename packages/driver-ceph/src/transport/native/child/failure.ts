import { constants } from "node:os";

/** A native call that answered an error number. */
export class NativeFailure extends Error {
  override readonly name = "NativeFailure";
  /** The native function. */
  readonly what: string;
  /** The error number, positive. */
  readonly errno: number;
  constructor(what: string, errno: number, detail = nameOf(errno)) {
    super(detail);
    this.what = what;
    this.errno = errno;
  }
}

/** The error numbers that the child tells apart. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EBUSY: 16,
  EEXIST: 17,
  ENOSPC: 28,
  ERANGE: 34,
  ETIMEDOUT: 110,
  ESTALE: 116,
  EDQUOT: 122,
  ECANCELED: 125,
} as const;

/** Throws where a native call answered an error number. */
export function check(what: string, result: number): number {
  if (result < 0) throw new NativeFailure(what, -result);
  return result;
}

export const failedWith = (thrown: unknown, ...numbers: readonly number[]): boolean =>
  thrown instanceof NativeFailure && numbers.includes(thrown.errno);

function nameOf(number: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === number);
  return found === undefined ? `error ${number}` : found[0];
}
