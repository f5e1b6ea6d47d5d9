import type { Secret } from "@opensds/core";

const send = (password: string): number => password.length;

export function logIn(password: Secret): number {
  return send(password); // TS2345
}
export type Password = Secret;
