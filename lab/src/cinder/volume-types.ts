import { type JsonObject, objectAt, objectsAt, stringAt } from "../json.js";
import { waitUntil } from "../wait.js";
import { cinderUrl, keystoneUrl } from "./conf.js";
import { ask, signIn } from "./http.js";
import { type CinderPorts } from "./layout.js";
import { LIMITED_TYPES, qosSpecsOf } from "./limited-types.js";
import { type CinderState } from "./state.js";

/** A volume is encrypted by its type, with a key of Cinder's key manager. */
const ENCRYPTION = { provider: "luks", cipher: "aes-xts-plain64", key_size: 256, control_location: "front-end" };

/** Multi-attach is a property of the type, as limits and encryption are; types of their own, as operators have them. */
const TYPES = [
  { name: "rbd", extraSpecs: {} },
  { name: "rbd-shared", extraSpecs: { multiattach: "<is> True" } },
  { name: "rbd-encrypted", extraSpecs: {}, encryption: ENCRYPTION },
  ...Object.entries(LIMITED_TYPES).map(([name, limits]) => ({ name, extraSpecs: {}, qosSpecs: qosSpecsOf(name, limits) })),
];

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
  await Promise.all(TYPES.filter(({ name }) => !there.includes(name)).map((type) => makeType(base, token, type)));
  const groups = objectsAt((await ask("GET", `${base}/group_types`, { token })).body, "group_types");
  if (groups.some((type) => stringAt(type, "name") === GROUP_TYPE.name)) return;
  const made = await ask("POST", `${base}/group_types`, { token, body: { group_type: { name: GROUP_TYPE.name, is_public: true } } });
  const id = idOf(made.body, "group_type");
  await ask("POST", `${base}/group_types/${id}/group_specs`, { token, body: { group_specs: GROUP_TYPE.group_specs } });
}

interface Type {
  readonly name: string;
  readonly extraSpecs: Readonly<Record<string, string>>;
  readonly encryption?: object;
  readonly qosSpecs?: Readonly<Record<string, string>>;
}

/** A type of the lab's own backend, unless its extra specs name another; returns its id. */
export async function makeType(base: string, token: string, { name, extraSpecs, encryption, qosSpecs }: Type): Promise<string> {
  const made = await ask("POST", `${base}/types`, { token, body: { volume_type: { name, extra_specs: { volume_backend_name: "rbd", ...extraSpecs } } } });
  const id = idOf(made.body, "volume_type");
  if (encryption !== undefined) await ask("POST", `${base}/types/${id}/encryption`, { token, body: { encryption } });
  if (qosSpecs === undefined) return id;
  const qos = await ask("POST", `${base}/qos-specs`, { token, body: { qos_specs: qosSpecs } });
  await ask("GET", `${base}/qos-specs/${idOf(qos.body, "qos_specs")}/associate?vol_type_id=${id}`, { token });
  return id;
}

const idOf = (body: JsonObject | undefined, what: string): string => stringAt(objectAt(body, what), "id") ?? "";
