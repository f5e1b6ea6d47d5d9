import { isKey } from "./identity.js";

const prefix = "reference/1/";

/** The token of the page after `lastKey`. It names a place in the order of keys, so that it outlives the row it came from. */
export const encodeToken = (lastKey: string): string => Buffer.from(prefix + lastKey).toString("base64url");

/** The key in a token; undefined for what {@link encodeToken} never made. */
export function decodeToken(token: string): string | undefined {
  const key = Buffer.from(token, "base64url").toString().slice(prefix.length);
  // Decoding overlooks characters that are not base64url: a token is good when it is what encoding gives.
  return isKey(key) && encodeToken(key) === token ? key : undefined;
}
