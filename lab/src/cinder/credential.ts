import { readIfThere, writeFileAtomically } from "../files.js";
import { objectAt, objectsAt, stringAt } from "../json.js";
import { type LabPaths } from "../paths.js";
import { keystoneUrl } from "./conf.js";
import { ask, signIn } from "./http.js";
import { cinderFiles, type CinderPorts } from "./layout.js";
import { type CinderState } from "./state.js";
import { USERS } from "./users.js";

const NAME = "lab";

/** Makes an application credential of the first ordinary user, unless there is one. Keystone shows its secret once. */
export async function readyCredential(paths: LabPaths, ports: CinderPorts, state: CinderState): Promise<void> {
  const files = cinderFiles(paths);
  const [{ name, project, role }] = USERS;
  const keystone = keystoneUrl(ports.keystone);
  const { token, userId } = await signIn(keystone, name, state.userPassword, project);
  const address = `${keystone}/users/${userId}/application_credentials`;
  const there = objectsAt((await ask("GET", `${address}?name=${NAME}`, { token })).body, "application_credentials");
  const ids = there.map((one) => stringAt(one, "id") ?? "");
  if (ids.includes(readIfThere(files.credential) ?? "") && readIfThere(files.credentialSecret) !== undefined) return;
  for (const id of ids) await ask("DELETE", `${address}/${id}`, { token });
  const made = objectAt((await ask("POST", address, { token, body: { application_credential: { name: NAME, roles: [{ name: role }] } } })).body, "application_credential");
  writeFileAtomically(files.credentialSecret, stringAt(made, "secret") ?? "", 0o600);
  writeFileAtomically(files.credential, stringAt(made, "id") ?? "");
}
