import { writeFileAtomically } from "../files.js";
import { type LabPaths } from "../paths.js";
import { keystoneUrl } from "./conf.js";
import { cinderFiles, type CinderPorts, REGION } from "./layout.js";
import { type CinderState } from "./state.js";

/** Writes what a dock's operator has: a clouds.yaml, and beside it a secure.yaml with the passwords. */
export function writeClouds(paths: LabPaths, ports: CinderPorts, state: CinderState): void {
  const files = cinderFiles(paths);
  const { userPassword, adminPassword } = state;
  const clouds = [
    { name: "lab", user: "alice", project: "demo", password: userPassword, port: ports.keystone },
    { name: "lab-admin", user: "admin", project: "admin", password: adminPassword, port: ports.keystone },
    { name: "lab-reader", user: "rita", project: "demo", password: userPassword, port: ports.keystone },
    { name: "lab-other", user: "bob", project: "other", password: userPassword, port: ports.keystone },
    { name: "lab-short", user: "alice", project: "demo", password: userPassword, port: ports.keystoneShort },
  ];
  const open = clouds.map(
    ({ name, user, project, port }) => `  ${name}:
    region_name: ${REGION}
    auth:
      auth_url: ${keystoneUrl(port)}
      username: ${user}
      project_name: ${project}
      user_domain_id: default
      project_domain_id: default
`,
  );
  const hidden = clouds.map(({ name, password }) => `  ${name}:\n    auth:\n      password: "${password}"\n`);
  const head = "# Written by the lab at every `up`: changes made here are lost.\nclouds:\n";
  writeFileAtomically(files.clouds, head + open.join(""));
  writeFileAtomically(files.secure, head + hidden.join(""), 0o600);
}
