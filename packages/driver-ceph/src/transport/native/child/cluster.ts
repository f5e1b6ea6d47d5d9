import type { OpenSettings } from "../protocol.js";
import { check, NativeFailure } from "./failure.js";
import type { Libraries } from "./libraries.js";
import { openObjects, type PoolHandle } from "./objects/object-ops.js";
import { isValidated } from "./rbd/pool-validation.js";

/** A connection to the cluster. */
export interface Connection {
  readonly cluster: bigint;
  /** The address that others see of it. */
  readonly address: string;
  /** The configured pool and namespace; opened when it is first asked for, so that a wrong name leaves the rest working. */
  readonly pool: PoolHandle;
  /** The pool's default namespace, in the same way. */
  readonly root: PoolHandle;
  readonly namespace: string;
  /** The value of one of Ceph's options at this moment; empty where it has none. */
  readonly option: (name: string) => string;
}

/** A configured handle that is not connected yet: settings can be read from it. */
export interface Handle {
  option(name: string): string;
  connect(): Promise<Connection>;
}

/** Configures a handle: the conf, then `CEPH_ARGS`, then our own settings, which win. Reads files only. */
export function openHandle(libraries: Libraries, settings: OpenSettings): Handle {
  const { rados, stringAt } = libraries;
  const made = Buffer.alloc(8);
  check("rados_create2", rados.create(made, "ceph", `client.${settings.user}`, 0));
  const cluster = made.readBigUInt64LE();
  check("rados_conf_read_file", rados.readConf(cluster, settings.conf));
  check("rados_conf_parse_env", rados.parseEnvironment(cluster, null));
  const seconds = String(settings.timeoutSeconds);
  const options: Readonly<Record<string, string>> = {
    client_mount_timeout: seconds,
    rados_mon_op_timeout: seconds,
    rados_osd_op_timeout: seconds,
    ...(settings.keyring !== undefined && { keyring: settings.keyring }),
  };
  for (const [name, value] of Object.entries(options)) check(`rados_conf_set ${name}`, rados.setOption(cluster, name, value));

  const option: Handle["option"] = (name) => {
    const value = Buffer.alloc(16_384);
    return rados.getOption(cluster, name, value, value.length) === 0 ? value.toString("utf8", 0, value.indexOf(0)) : "";
  };

  return {
    option,
    connect: async () => {
      check("rados_connect", await rados.connect.async(cluster));
      const addresses = Buffer.alloc(8);
      check("rados_getaddrs", rados.addresses(cluster, addresses));
      const text = addresses.readBigUInt64LE();
      const address = stringAt(text);
      rados.freeBuffer(text);
      const openNamespace = async (namespace: string): Promise<bigint> => {
        const opened = Buffer.alloc(8);
        check("rados_ioctx_create", await rados.openPool.async(cluster, settings.pool, opened));
        const io = opened.readBigUInt64LE();
        if (namespace !== "") rados.setNamespace(io, namespace);
        // Without it whatever would fill a full pool waits for room until the time is over, and so does a delete.
        rados.allowFull(io);
        return io;
      };
      const root = once(async () => {
        const io = await openNamespace("");
        // librbd asks this before every create: a quarter of a millisecond, for what does not change. Where that cannot be set, it goes on asking.
        if (settings.dataPool === undefined && option("rbd_default_data_pool") === "" && (await isValidated(openObjects(libraries, () => Promise.resolve(io))))) {
          rados.setOption(cluster, "rbd_validate_pool", "false");
        }
        return io;
      });
      const inNamespace = async (): Promise<bigint> => (await root(), openNamespace(settings.namespace));
      const pool = settings.namespace === "" ? root : once(inNamespace);
      return { cluster, address, pool, root, namespace: settings.namespace, option };
    },
  };
}

/** Opens when it is first asked, and again where that failed. */
function once(open: PoolHandle): PoolHandle {
  let opening: Promise<bigint> | undefined;
  return async () => {
    opening ??= open();
    try {
      return await opening;
    } catch (thrown) {
      opening = undefined;
      throw thrown;
    }
  };
}

/** Sends a command to the monitors or the manager and fulfils with what it printed. */
export async function sendCommand(
  { rados, bytesAt }: Libraries,
  { cluster }: Pick<Connection, "cluster">,
  to: "mon" | "mgr",
  words: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = Buffer.alloc(32);
  const [output, outputLength, status, statusLength] = [0, 8, 16, 24].map((at) => answer.subarray(at, at + 8));
  const native = to === "mon" ? rados.monCommand : rados.mgrCommand;
  const result = await native.async(cluster, [JSON.stringify(words)], 1, null, 0, output, outputLength, status, statusLength);
  const take = (at: number): string => {
    const address = answer.readBigUInt64LE(at);
    if (address === 0n) return "";
    const text = bytesAt(address, Number(answer.readBigUInt64LE(at + 8))).toString("utf8");
    rados.freeBuffer(address);
    return text;
  };
  const printed = take(0);
  const said = take(16);
  if (result < 0) throw new NativeFailure(`ceph ${words["prefix"] ?? ""}`, -result, said.trim().slice(0, 500));
  return printed;
}
