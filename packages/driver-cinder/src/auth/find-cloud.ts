import type { CinderConfig } from "../config.js";
import type { AuthOptions } from "./auth-options.js";
import { type Cloud, CloudMistake, type Named } from "./cloud.js";
import { readCloud } from "./clouds-file.js";
import { cloudFrom } from "./cloud-settings.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** The cloud that a configuration means: its own `auth`, a cloud of a clouds.yaml, or the `OS_*` variables. */
export async function findCloud(config: CinderConfig, environment: Environment = process.env): Promise<Cloud> {
  if (config.auth !== undefined) return withOptions(fromOptions(config.auth), config);
  const name = config.cloud ?? environment["OS_CLOUD"];
  if (name !== undefined && name !== "") return withOptions(await readCloud(name, config.cloudsFile, environment), config);
  const auth = fromEnvironment(environment);
  if (Object.keys(auth).length === 0) {
    throw new CloudMistake("no cloud is named: give `cloud` or `auth` in the backends file, or set OS_CLOUD or OS_AUTH_URL and its companions");
  }
  const settings = { auth, auth_type: environment["OS_AUTH_TYPE"], region_name: environment["OS_REGION_NAME"], interface: environment["OS_INTERFACE"], cacert: environment["OS_CACERT"] };
  return withOptions(cloudFrom(settings, "the environment's OS_* variables"), config);
}

/** The backends file has the last word. */
function withOptions(cloud: Cloud, { region, interface: wanted, caFile }: CinderConfig): Cloud {
  if (cloud.auth === "noauth") return { ...cloud, caFile: caFile ?? cloud.caFile };
  return { ...cloud, region: region ?? cloud.region, interface: wanted ?? cloud.interface, caFile: caFile ?? cloud.caFile };
}

/** Each variable is the setting of the same name in lower case. */
function fromEnvironment(environment: Environment): Record<string, string> {
  const known = [
    ...["auth_url", "username", "user_id", "password", "user_domain_id", "user_domain_name", "token", "endpoint"],
    ...["project_id", "project_name", "project_domain_id", "project_domain_name", "tenant_id", "tenant_name"],
    ...["application_credential_id", "application_credential_name", "application_credential_secret"],
  ];
  return Object.fromEntries(
    known.flatMap((name) => {
      const value = environment[`OS_${name.toUpperCase()}`];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
}

/** The cloud that sign-in options of the backends file mean. */
export function fromOptions(auth: AuthOptions, option = "auth"): Cloud {
  const common = { origin: `\`${option}\` in the backends file`, caFile: undefined, verify: true };
  if (auth.type === "noauth") return { ...common, auth: "noauth", endpoint: auth.endpoint, userId: auth.userId, projectId: auth.projectId };
  const keystone = { ...common, auth: "keystone", authUrl: auth.authUrl, region: undefined, interface: undefined, volumeEndpoint: undefined } as const;
  switch (auth.type) {
    case "password":
      return { ...keystone, credentials: { type: "password", user: userOf(auth), password: auth.password, project: projectOf(auth) } };
    case "application-credential":
      return { ...keystone, credentials: { type: "application-credential", id: auth.id, name: auth.name, user: userOf(auth), secret: auth.secret } };
    case "token":
      return { ...keystone, credentials: { type: "token", token: auth.token, project: projectOf(auth) } };
  }
}

interface UserOptions {
  readonly userId?: string | undefined;
  readonly username?: string | undefined;
  readonly userDomainId?: string | undefined;
  readonly userDomainName?: string | undefined;
}
interface ProjectOptions {
  readonly projectId?: string | undefined;
  readonly projectName?: string | undefined;
  readonly projectDomainId?: string | undefined;
  readonly projectDomainName?: string | undefined;
}

const userOf = ({ userId, username, userDomainId, userDomainName }: UserOptions): Named => ({ id: userId, name: username, domainId: userDomainId, domainName: userDomainName });

function projectOf({ projectId, projectName, projectDomainId, projectDomainName }: ProjectOptions): Named | undefined {
  if (projectId === undefined && projectName === undefined) return undefined;
  return { id: projectId, name: projectName, domainId: projectDomainId, domainName: projectDomainName };
}
