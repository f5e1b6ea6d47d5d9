/** How many volumes a token remembers: a volume that it stands at may be deleted, all of them hardly. */
const remembered = 4;
const version = "cinder1";

/** The token that goes on after the last of these ids, which are in the list's order. */
export function tokenAfter(ids: readonly string[]): string {
  return `${version}.${ids.slice(-remembered).join(".")}`;
}

/** The ids in a token, in the list's order, or undefined when this driver gave no such token. */
export function idsIn(token: string): readonly string[] | undefined {
  const [form, ...ids] = token.split(".");
  const sorted = ids.every((id, index) => /^[0-9a-f-]{36}$/u.test(id) && (index === 0 || (ids[index - 1] ?? "") < id));
  return form === version && ids.length > 0 && ids.length <= remembered && sorted ? ids : undefined;
}
