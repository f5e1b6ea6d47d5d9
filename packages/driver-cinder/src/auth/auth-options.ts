import { isSecret, secretJsonSchema, type Secret } from "@opensds/core";
import * as v from "valibot";

/** How to sign in, in the backends file itself: instead of a clouds.yaml. */
export type AuthOptions = v.InferOutput<typeof authOptions>;

const text = v.pipe(v.string(), v.minLength(1));
const url = v.pipe(v.string(), v.regex(/^https?:\/\/[^\s]+$/u, "an http or https address"));
const hidden = v.pipe(v.custom<Secret>(isSecret, "give { env: NAME } or { file: PATH }"), v.metadata(secretJsonSchema));

const project = {
  projectId: v.optional(text),
  projectName: v.optional(text),
  projectDomainId: v.optional(text),
  projectDomainName: v.optional(text),
};
const user = {
  userId: v.optional(text),
  username: v.optional(text),
  userDomainId: v.optional(text),
  userDomainName: v.optional(text),
};

/** What stands under `auth`. */
export const authOptions = v.variant("type", [
  v.strictObject({ type: v.literal("password"), authUrl: url, ...user, password: hidden, ...project }),
  v.strictObject({
    type: v.literal("application-credential"),
    authUrl: url,
    id: v.optional(text),
    name: v.optional(text),
    ...user,
    secret: hidden,
  }),
  v.strictObject({ type: v.literal("token"), authUrl: url, token: hidden, ...project }),
  v.strictObject({ type: v.literal("noauth"), endpoint: url, userId: v.optional(text, "admin"), projectId: text }),
]);
