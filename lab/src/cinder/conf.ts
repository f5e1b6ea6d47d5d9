import { createHash } from "node:crypto";
import { type CinderFiles, type CinderPorts, CINDER_POOL, CINDER_USER, REGION } from "./layout.js";
import { type CinderState } from "./state.js";

const ADDRESS = "127.0.0.1";

/** How long a token of the second Keystone lives. */
export const SHORT_TOKEN_SECONDS = 5;

/** The options of one section of a configuration file. */
type Settings = Readonly<Record<string, string | number | boolean>>;

export const keystoneUrl = (port: number): string => `http://${ADDRESS}:${port}/v3`;
export const cinderUrl = (port: number): string => `http://${ADDRESS}:${port}/v3`;

const databaseUrl = (files: CinderFiles, name: string): string =>
  `mysql+pymysql://root@localhost/${name}?unix_socket=${files.databaseSocket}&charset=utf8`;

export function renderKeystoneConf(files: CinderFiles, port: number, tokenSeconds: number): string {
  return render({
    DEFAULT: { log_dir: files.log(""), use_stderr: false, public_endpoint: `http://${ADDRESS}:${port}/` },
    database: { connection: databaseUrl(files, "keystone"), max_pool_size: 10 },
    token: { provider: "fernet", expiration: tokenSeconds, allow_expired_window: 172_800 },
    fernet_tokens: { key_repository: files.config("fernet-keys") },
    fernet_receipts: { key_repository: files.config("fernet-keys") },
    credential: { key_repository: files.config("credential-keys") },
    // Signing in is bound by this hash; its lowest cost is enough for passwords that live as long as a lab.
    identity: { password_hash_rounds: 4 },
    oslo_messaging_notifications: { driver: "noop" },
    // Exact because there is one process: a revocation clears it.
    cache: { enabled: true, backend: "dogpile.cache.memory" },
  });
}

export const renderCinderConf = (...about: Parameters<typeof cinderSettings>): string => render(cinderSettings(...about));

/** What Cinder's processes are told, section by section. */
export function cinderSettings(files: CinderFiles, ports: CinderPorts, state: CinderState, auth: "keystone" | "noauth") {
  const port = auth === "keystone" ? ports.cinder : ports.cinderNoauth;
  return {
    DEFAULT: {
      host: "lab",
      my_ip: ADDRESS,
      state_path: files.data("cinder"),
      log_dir: files.log(""),
      use_stderr: false,
      transport_url: `rabbit://guest:guest@${ADDRESS}:${ports.rabbitmq}/`,
      rpc_response_timeout: 60,
      auth_strategy: auth,
      api_paste_config: files.config("api-paste.ini"),
      resource_query_filters_file: files.config("resource_filters.json"),
      osapi_volume_listen: ADDRESS,
      osapi_volume_listen_port: port,
      osapi_volume_workers: 1,
      public_endpoint: `http://${ADDRESS}:${port}`,
      enabled_backends: "rbd",
      default_volume_type: "rbd",
      storage_availability_zone: "nova",
      // A service that died is noticed after these seconds; a fresh one reports at once.
      report_interval: 5,
      service_down_time: 20,
      // The scheduler learns of a pool from a message that is lost while it starts; the next one comes a period later.
      periodic_interval: 3,
      periodic_fuzzy_delay: 0,
      backend_stats_polling_interval: 3,
      quota_volumes: -1,
      quota_snapshots: -1,
      quota_gigabytes: -1,
      quota_groups: -1,
      osapi_max_limit: 1000,
      volume_clear: "none",
    },
    database: { connection: databaseUrl(files, "cinder"), max_pool_size: 10 },
    keystone_authtoken: {
      www_authenticate_uri: keystoneUrl(ports.keystone),
      auth_url: keystoneUrl(ports.keystone),
      auth_type: "password",
      username: "cinder",
      password: state.servicePassword,
      project_name: "service",
      user_domain_id: "default",
      project_domain_id: "default",
      // How long a revoked token may still work; five minutes by default.
      token_cache_time: 2,
      service_token_roles: "service",
      service_token_roles_required: true,
    },
    // Volumes are encrypted with one key, which is here: the one key manager of Cinder's that needs no service of its own.
    key_manager: { backend: "cinder.keymgr.conf_key_mgr.ConfKeyManager", fixed_key: createHash("sha256").update(state.servicePassword).digest("hex") },
    oslo_concurrency: { lock_path: files.data("lock") },
    coordination: { backend_url: `file://${files.data("coordination")}` },
    oslo_messaging_rabbit: { heartbeat_timeout_threshold: 0, kombu_reconnect_delay: 0.2 },
    oslo_policy: { policy_dirs: files.config("policy.d") },
    rbd: {
      volume_backend_name: "rbd",
      volume_driver: "cinder.volume.drivers.rbd.RBDDriver",
      rbd_pool: CINDER_POOL,
      rbd_user: CINDER_USER,
      rbd_ceph_conf: files.cephConf,
      rbd_secret_uuid: "6f3f6f0e-3a55-4c0c-9a55-0d5e0c1ad0b1",
      rbd_flatten_volume_from_snapshot: false,
      rbd_max_clone_depth: 5,
      rados_connect_timeout: 5,
      // Thin volumes count by what they may hold: hundreds of them must fit the lab's small disk.
      report_dynamic_total_capacity: false,
      max_over_subscription_ratio: 1000,
    },
  } satisfies Readonly<Record<string, Settings>>;
}

export function renderRabbitConf(ports: CinderPorts): string {
  return [
    `listeners.tcp.local = ${ADDRESS}:${ports.rabbitmq}`,
    "log.console = false",
    "log.file.level = warning",
    "vm_memory_high_watermark.absolute = 512MB",
    "disk_free_limit.absolute = 50MB",
    "",
  ].join("\n");
}

/** The web pipelines of Cinder's API: each request passes these filters in turn. */
export function renderPaste(): string {
  const common = "request_id http_proxy_to_wsgi faultwrap sizelimit";
  const factory = (path: string): Settings => ({ "paste.filter_factory": path });
  return render({
    "composite:osapi_volume": { use: "call:cinder.api:root_app_factory", "/": "apiversions", "/healthcheck": "healthcheck", "/v3": "volume_api_v3" },
    "composite:volume_api_v3": {
      use: "call:cinder.api.middleware.auth:pipeline_factory",
      noauth: `${common} noauth apiv3`,
      keystone: `${common} authtoken keystonecontext apiv3`,
    },
    "pipeline:apiversions": { pipeline: "request_id http_proxy_to_wsgi faultwrap versions" },
    "pipeline:healthcheck": { pipeline: "request_id healthcheckapp" },
    "app:versions": { "paste.app_factory": "cinder.api.versions:Versions.factory" },
    "app:apiv3": { "paste.app_factory": "cinder.api.v3.router:APIRouter.factory" },
    "app:healthcheckapp": { "paste.app_factory": "oslo_middleware:Healthcheck.app_factory" },
    "filter:request_id": factory("cinder.api.middleware.request_id:RequestId.factory"),
    "filter:http_proxy_to_wsgi": factory("oslo_middleware.http_proxy_to_wsgi:HTTPProxyToWSGI.factory"),
    "filter:faultwrap": factory("cinder.api.middleware.fault:FaultWrapper.factory"),
    "filter:sizelimit": factory("oslo_middleware.sizelimit:RequestBodySizeLimiter.factory"),
    "filter:noauth": factory("cinder.api.middleware.auth:NoAuthMiddleware.factory"),
    "filter:authtoken": factory("keystonemiddleware.auth_token:filter_factory"),
    "filter:keystonecontext": factory("cinder.api.middleware.auth:CinderKeystoneContext.factory"),
  });
}

/** Which filters ordinary users may put into a query: Cinder's defaults. */
export function renderFilters(): string {
  return JSON.stringify({
    volume: ["name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size", "created_at", "updated_at", "consumes_quota"],
    backup: ["name", "status", "volume_id"],
    snapshot: ["name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"],
    group: ["name"],
    group_snapshot: ["name", "status", "group_id"],
    attachment: ["volume_id", "status", "instance_id", "attach_status"],
    message: ["resource_uuid", "resource_type", "event_id", "request_id", "message_level"],
    pool: ["name", "volume_type"],
    volume_type: ["is_public", "extra_specs"],
  });
}

/** A launcher of one of Cinder's programs: the package of the library holds the code, and no script to start it. */
export function renderLauncher(program: string): string {
  return `import sys\nfrom cinder.cmd.${program} import main\nsys.exit(main())\n`;
}

/** Keys, schema and first user of Keystone in one process: loading Keystone takes longer than any of them. */
export function renderKeystoneInit(files: CinderFiles, ports: CinderPorts): string {
  const url = `${keystoneUrl(ports.keystone)}/`;
  const urls = ["public", "internal", "admin"].flatMap((kind) => [`--bootstrap-${kind}-url`, url]);
  return `import os
import sys
from cryptography.fernet import Fernet

for folder in ${JSON.stringify([files.config("fernet-keys"), files.config("credential-keys")])}:
    os.makedirs(folder, 0o700, exist_ok=True)
    for number in ("0", "1"):
        path = os.path.join(folder, number)
        if not os.path.exists(path):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as key:
                key.write(Fernet.generate_key())

import keystone.conf
from keystone.cmd import cli

conf, = sys.argv[1:]
password = sys.stdin.readline().strip()
os.environ["OS_BOOTSTRAP_PASSWORD"] = password
for command in (["db_sync"], ["bootstrap", "--bootstrap-region-id", "${REGION}", *${JSON.stringify(urls)}]):
    cli.main(argv=["keystone-manage", "--config-file", conf] + command)
    keystone.conf.CONF.reset()
`;
}

export function render(sections: Readonly<Record<string, Settings>>): string {
  const lines = Object.entries(sections).map(
    ([name, settings]) => `[${name}]\n${Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`).join("")}`,
  );
  return `# Written by the lab at every \`up\`: changes made here are lost.\n${lines.join("\n")}`;
}
