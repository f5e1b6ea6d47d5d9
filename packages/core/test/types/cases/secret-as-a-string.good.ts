import type { Secret } from "@opensds/core";

const send = (password: string): number => password.length;

export function logIn(password: string): number {
  return send(password);
}
export type Password = Secret;
