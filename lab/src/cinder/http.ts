import { LabError } from "../errors.js";
import { type JsonObject, parseObject } from "../json.js";

export interface Answer {
  readonly status: number;
  readonly token: string | undefined;
  readonly body: JsonObject | undefined;
}

export interface Question {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Statuses besides 2xx that are an answer and no failure. */
  readonly also?: readonly number[];
}

/** Asks one of the cloud's services; throws for an answer that is a failure. */
export async function ask(method: string, url: string, { token, body, also = [] }: Question = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      "Content-Type": "application/json",
      "OpenStack-API-Version": "volume 3.59",
      ...(token !== undefined && { "X-Auth-Token": token }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok && !also.includes(response.status)) {
    throw new LabError(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
  }
  return { status: response.status, token: response.headers.get("x-subject-token") ?? undefined, body: parseObject(text) };
}

/** Signs a user in to a project, both in the domain `default`. */
export async function signIn(
  keystone: string,
  user: string,
  password: string,
  project: string,
): Promise<{ readonly token: string; readonly projectId: string }> {
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name: user, domain, password } } };
  const { token, body } = await ask("POST", `${keystone}/auth/tokens`, { body: { auth: { identity, scope: { project: { name: project, domain } } } } });
  const projectId = projectOf(body);
  if (token === undefined || projectId === undefined) throw new LabError("Keystone's answer to a sign-in holds no token.");
  return { token, projectId };
}

function projectOf(body: JsonObject | undefined): string | undefined {
  const token = body?.["token"];
  const project = typeof token === "object" && token !== null && "project" in token ? token.project : undefined;
  return typeof project === "object" && project !== null && "id" in project && typeof project.id === "string" ? project.id : undefined;
}
