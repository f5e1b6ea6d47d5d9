const prefix = "reference/1/";

/** Keys, ids, and the places of a group's snapshots. */
const placeForm = /^~?[0-9a-f]{40}[0-9a-f.-]{0,42}$/;

/** The token of the page after `place`. It names a place in the order of what is listed, so that it outlives the row it came from. */
export const encodeToken = (place: string): string => Buffer.from(prefix + place).toString("base64url");

/** The place in a token; undefined for what {@link encodeToken} never made. */
export function decodeToken(token: string): string | undefined {
  const place = Buffer.from(token, "base64url").toString().slice(prefix.length);
  // Decoding overlooks characters that are not base64url: a token is good when it is what encoding gives.
  return placeForm.test(place) && encodeToken(place) === token ? place : undefined;
}
