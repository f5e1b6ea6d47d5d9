import { secret, type Secret } from "@opensds/core";
import * as v from "valibot";
import { HttpFailure } from "../transport/failure.js";
import type { Http } from "../transport/http.js";
import { refusalOf } from "../transport/refusal.js";
import type { Cloud, Credentials, Named } from "./cloud.js";

/** What a sign-in brings. */
export interface Grant {
  readonly token: Secret;
  /** How long it is good, from the moment at which it was given. */
  readonly lifeMs: number;
  readonly project: { readonly id: string; readonly name: string } | undefined;
  readonly user: string;
  readonly roles: readonly string[];
  readonly catalogue: readonly CatalogueService[];
}

/** A service of the catalogue with its addresses. */
export interface CatalogueService {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly region: string; readonly url: string }[];
}

const grantShape = v.object({
  token: v.object({
    expires_at: v.string(),
    issued_at: v.string(),
    project: v.optional(v.object({ id: v.string(), name: v.string() })),
    user: v.object({ id: v.string(), name: v.string() }),
    roles: v.optional(v.array(v.object({ name: v.string() })), []),
    catalog: v.optional(
      v.array(
        v.object({
          type: v.string(),
          endpoints: v.array(v.object({ interface: v.string(), region: v.nullish(v.string()), region_id: v.nullish(v.string()), url: v.string() })),
        }),
      ),
      [],
    ),
  }),
});

type KeystoneCloud = Extract<Cloud, { readonly auth: "keystone" }>;

/** Signs in. Fails with `HttpFailure`; nothing secret is in it. */
export async function signIn(http: Http, cloud: KeystoneCloud, limits: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Grant> {
  const base = cloud.authUrl.replace(/\/+$/u, "");
  const url = `${base.endsWith("/v3") ? base : `${base.replace(/\/v2\.0$/u, "")}/v3`}/auth/tokens`;
  const answer = await http.exchange({ method: "POST", url, body: requestOf(cloud.credentials), ...limits });
  const request = "POST /v3/auth/tokens";
  if (answer.status !== 201) throw refusalOf(request, answer);
  const token = answer.header("x-subject-token");
  const parsed = v.safeParse(grantShape, answer.json);
  if (token === undefined || !parsed.success) throw new HttpFailure({ request, status: answer.status, detail: "the answer holds no token", sent: true });
  const { expires_at, issued_at, project, user, roles, catalog } = parsed.output.token;
  return {
    token: secret(token),
    // Both are the server's clock, so ours does not matter. Some are written without a zone, and mean UTC all the same.
    lifeMs: Date.parse(inUtc(expires_at)) - Date.parse(inUtc(issued_at)),
    project,
    user: user.name,
    roles: roles.map(({ name }) => name),
    catalogue: catalog.map(({ type, endpoints }) => ({
      type,
      endpoints: endpoints.map((endpoint) => ({ interface: endpoint.interface, region: endpoint.region_id ?? endpoint.region ?? "", url: endpoint.url })),
    })),
  };
}

const inUtc = (time: string): string => (/Z$|[+-]\d\d:?\d\d$/u.test(time) ? time : `${time}Z`);

function requestOf(credentials: Credentials): unknown {
  switch (credentials.type) {
    case "password": {
      const { user, password, project } = credentials;
      return {
        auth: {
          identity: { methods: ["password"], password: { user: { ...named(user), password: password.reveal() } } },
          ...(project !== undefined && { scope: { project: named(project) } }),
        },
      };
    }
    case "application-credential": {
      const { id, name, user, secret: hidden } = credentials;
      const who = id === undefined ? { name, user: named(user) } : { id };
      // It is of one project already; asking for another is refused.
      return { auth: { identity: { methods: ["application_credential"], application_credential: { ...who, secret: hidden.reveal() } } } };
    }
    case "token": {
      const { token, project } = credentials;
      return {
        auth: {
          identity: { methods: ["token"], token: { id: token.reveal() } },
          ...(project !== undefined && { scope: { project: named(project) } }),
        },
      };
    }
  }
}

/** An id names by itself; a name needs a domain, which is `default` unless somebody says otherwise. */
function named({ id, name, domainId, domainName }: Named): Readonly<Record<string, unknown>> {
  if (id !== undefined) return { id };
  return { name, domain: domainName === undefined || domainId !== undefined ? { id: domainId ?? "default" } : { name: domainName } };
}
