import { isOurImageName } from "../records/image-name.js";

const version = "ceph1";

/** The token that goes on after an image name. */
export const tokenAfter = (imageName: string): string => `${version}.${Buffer.from(imageName).toString("base64url")}`;

/** The image name that a token goes on after, or undefined when this driver gave no such token. */
export function imageNameIn(token: string): string | undefined {
  const [form, encoded, ...rest] = token.split(".");
  if (form !== version || encoded === undefined || rest.length > 0) return undefined;
  const imageName = Buffer.from(encoded, "base64url").toString("utf8");
  return isOurImageName(imageName) && tokenAfter(imageName) === token ? imageName : undefined;
}
