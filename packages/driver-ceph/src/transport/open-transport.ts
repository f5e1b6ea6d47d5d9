import type { Call } from "../call.js";
import type { CephConfig } from "../config.js";
import { createNativeTransport } from "./native/open-native.js";
import { NativeUnavailable } from "./native/native-failures.js";
import { createCliTransport } from "./open-cli.js";
import type { Transport } from "./transport.js";

/**
 * Opens the transport that the backends file asks for. `auto` is the native one where it can be had on this machine, and says so
 * where not. Fails with `CommandFailure` where the cluster does not let us in: that is no reason to try the other.
 */
export async function openTransport(config: CephConfig, call: Call<"setup">): Promise<Transport> {
  if (config.transport === "cli") return createCliTransport(config);
  const { ctx } = call;
  try {
    const native = createNativeTransport(config, call);
    try {
      await native.open(call);
      return native;
    } catch (thrown) {
      await native.close();
      throw thrown;
    }
  } catch (thrown) {
    if (!(thrown instanceof NativeUnavailable)) throw thrown;
    if (config.transport === "auto") {
      ctx.log.warn(`ceph: the native transport is not to be had (${thrown.message}); Ceph's commands are used, which are slower`);
      return createCliTransport(config);
    }
    const message =
      `the native transport is not to be had: ${thrown.message}; install Debian's packages librados2 and librbd1, and this ` +
      "package with its optional dependencies, or set `transport: cli`";
    throw ctx.fail("FAILED_PRECONDITION", "native-unavailable", message, { outcome: "none", cause: thrown });
  }
}
