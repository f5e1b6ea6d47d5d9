import { LabError } from "../errors.js";
import { type JsonObject, objectAt, parseObject, stringAt } from "../json.js";

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
): Promise<{ readonly token: string; readonly projectId: string; readonly userId: string }> {
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name: user, domain, password } } };
  const { token, body } = await ask("POST", `${keystone}/auth/tokens`, { body: { auth: { identity, scope: { project: { name: project, domain } } } } });
  const granted = objectAt(body, "token");
  const [projectId, userId] = [stringAt(objectAt(granted, "project"), "id"), stringAt(objectAt(granted, "user"), "id")];
  if (token === undefined || projectId === undefined || userId === undefined) throw new LabError("Keystone's answer to a sign-in holds no token.");
  return { token, projectId, userId };
}
