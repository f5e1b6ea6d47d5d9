import { secret, type Secret } from "@opensds/core";
import { type Cloud, CloudMistake, type Credentials, type Named } from "./cloud.js";

type Mapping = Readonly<Record<string, unknown>>;

/** Reads one cloud's settings, by the names that OpenStack's own clients know. */
export function cloudFrom(settings: Mapping, origin: string): Cloud {
  const auth = settings["auth"];
  const fields: Mapping = typeof auth === "object" && auth !== null ? { ...auth } : {};
  const get = (name: string): string | undefined => {
    const value = fields[name] ?? settings[name];
    return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
  };
  const need = (...names: readonly string[]): string => {
    const value = names.map(get).find((found) => found !== undefined);
    if (value !== undefined) return value;
    throw new CloudMistake(`${origin} has no ${names.join(" or ")}`);
  };
  const hidden = (...names: readonly string[]): Secret => secret(need(...names));
  const caFile = get("cacert");
  const verify = settings["verify"] !== false && settings["insecure"] !== true;
  const type = get("auth_type") ?? guessType(get);
  if (type === "none" || type === "noauth") {
    return { auth: "noauth", origin, endpoint: need("endpoint"), userId: get("user_id") ?? "admin", projectId: need("project_id"), caFile, verify };
  }
  return {
    auth: "keystone",
    origin,
    authUrl: need("auth_url"),
    credentials: credentialsOf(type, get, hidden, origin),
    region: get("region_name"),
    interface: get("interface") ?? get("endpoint_type"),
    caFile,
    verify,
    volumeEndpoint: get("volume_endpoint_override") ?? get("block_storage_endpoint_override"),
  };
}

type Get = (name: string) => string | undefined;

function guessType(get: Get): string {
  if (get("application_credential_secret") !== undefined) return "v3applicationcredential";
  if (get("token") !== undefined) return "v3token";
  return "password";
}

function credentialsOf(type: string, get: Get, hidden: (...names: readonly string[]) => Secret, origin: string): Credentials {
  const user: Named = {
    id: get("user_id"),
    name: get("username"),
    domainId: get("user_domain_id") ?? get("default_domain_id"),
    domainName: get("user_domain_name") ?? get("default_domain_name"),
  };
  switch (type) {
    case "password":
    case "v3password":
      if (user.id === undefined && user.name === undefined) throw new CloudMistake(`${origin} has no username`);
      return { type: "password", user, password: hidden("password"), project: projectOf(get) };
    case "token":
    case "v3token":
      return { type: "token", token: hidden("token"), project: projectOf(get) };
    case "v3applicationcredential":
      return {
        type: "application-credential",
        id: get("application_credential_id"),
        name: get("application_credential_name"),
        user,
        secret: hidden("application_credential_secret"),
      };
    default:
      throw new CloudMistake(`${origin} has auth_type ${type}; this driver knows password, token, v3applicationcredential and none`);
  }
}

function projectOf(get: Get): Named | undefined {
  const id = get("project_id") ?? get("tenant_id");
  const name = get("project_name") ?? get("tenant_name");
  if (id === undefined && name === undefined) return undefined;
  return {
    id,
    name,
    domainId: get("project_domain_id") ?? get("default_domain_id"),
    domainName: get("project_domain_name") ?? get("default_domain_name"),
  };
}
