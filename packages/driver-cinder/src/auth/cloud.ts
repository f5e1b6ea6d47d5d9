import type { Secret } from "@opensds/core";

/** How a user proves who it is. */
export type Credentials =
  | {
      readonly type: "password";
      readonly user: Named;
      readonly password: Secret;
      readonly project: Named | undefined;
    }
  | { readonly type: "application-credential"; readonly id: string | undefined; readonly name: string | undefined; readonly user: Named; readonly secret: Secret }
  | { readonly type: "token"; readonly token: Secret; readonly project: Named | undefined };

/** A user or a project: by its id, or by its name in a domain. */
export interface Named {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly domainName?: string | undefined;
}

/** Where a cloud is and how to sign in to it, from wherever it was written. */
export type Cloud =
  | {
      readonly auth: "keystone";
      /** Where it was written, for messages. */
      readonly origin: string;
      readonly authUrl: string;
      readonly credentials: Credentials;
      readonly region: string | undefined;
      readonly interface: string | undefined;
      readonly caFile: string | undefined;
      /** False switches the check of certificates off, as `verify: false` in a clouds.yaml does. */
      readonly verify: boolean;
      /** Cinder's address where the cloud's catalogue is not to be asked. */
      readonly volumeEndpoint: string | undefined;
    }
  | { readonly auth: "noauth"; readonly origin: string; readonly endpoint: string; readonly userId: string; readonly projectId: string; readonly caFile: string | undefined; readonly verify: boolean };

/** That a cloud cannot be made out of what was written; the message says where and what. */
export class CloudMistake extends Error {
  override readonly name = "CloudMistake";
}
