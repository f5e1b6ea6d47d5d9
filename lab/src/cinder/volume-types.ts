import { objectsAt, stringAt } from "../json.js";
import { waitUntil } from "../wait.js";
import { cinderUrl, keystoneUrl } from "./conf.js";
import { ask, signIn } from "./http.js";
import { type CinderPorts } from "./layout.js";
import { type CinderState } from "./state.js";

/** Multi-attach is a property of the type; a type of its own, as operators have it. */
const TYPES = [
  { name: "rbd", extraSpecs: { volume_backend_name: "rbd" } },
  { name: "rbd-shared", extraSpecs: { volume_backend_name: "rbd", multiattach: "<is> True" } },
] as const;

/** A type for groups that are snapshot at one moment. */
const GROUP_TYPE = { name: "consistent", group_specs: { consistent_group_snapshot_enabled: "<is> True" } };

/** Waits until Cinder's scheduler knows the pool, and makes the types of volumes. */
export async function readyTypes(ports: CinderPorts, state: CinderState): Promise<void> {
  const { token, projectId } = await signIn(keystoneUrl(ports.keystone), "admin", state.adminPassword, "admin");
  const base = `${cinderUrl(ports.cinder)}/${projectId}`;
  let last = "";
  const isReady = async (): Promise<boolean> => {
    const services = objectsAt((await ask("GET", `${base}/os-services?binary=cinder-volume`, { token })).body, "services");
    const pools = objectsAt((await ask("GET", `${base}/scheduler-stats/get_pools`, { token })).body, "pools");
    last = `services ${JSON.stringify(services)}, pools ${JSON.stringify(pools)}`;
    return services.some((service) => stringAt(service, "state") === "up") && pools.length > 0;
  };
  await waitUntil(isReady, { timeoutMs: 120_000, everyMs: 200, what: () => `Cinder has no pool to make volumes in: ${last}` });

  const { body } = await ask("GET", `${base}/types?is_public=None`, { token });
  const there = objectsAt(body, "volume_types").map((type) => stringAt(type, "name"));
  for (const { name, extraSpecs } of TYPES) {
    if (!there.includes(name)) await ask("POST", `${base}/types`, { token, body: { volume_type: { name, extra_specs: extraSpecs } } });
  }
  const groups = objectsAt((await ask("GET", `${base}/group_types`, { token })).body, "group_types");
  if (groups.some((type) => stringAt(type, "name") === GROUP_TYPE.name)) return;
  const made = await ask("POST", `${base}/group_types`, { token, body: { group_type: { name: GROUP_TYPE.name, is_public: true } } });
  const id = idOf(made.body?.["group_type"]);
  await ask("POST", `${base}/group_types/${id}/group_specs`, { token, body: { group_specs: GROUP_TYPE.group_specs } });
}

function idOf(value: unknown): string {
  return typeof value === "object" && value !== null && "id" in value ? String(value.id) : "";
}
