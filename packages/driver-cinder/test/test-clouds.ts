import { backend, openBackends, secret, type Backends, type VolumeDriver } from "@opensds/core";
import { cinder, type CinderOptions } from "@opensds/driver-cinder";
import { afterEach } from "vitest";
import { requestMetadata } from "../src/records/records.js";
import { startCloud, tokenReply, versionsReply, type Answered, type CloudServer, type Received } from "./cloud-server.js";

/** What a test has its cloud answer itself; undefined: what every cloud answers. */
export type Answer = (request: Received, url: string) => Answered;

/** Clouds on loopback for the tests of one file, and drivers on them. */
export interface TestClouds {
  /** A cloud that signs everybody in and has no volumes, but for what a test answers itself. */
  readonly cloudWith: (answer: Answer) => Promise<CloudServer>;
  readonly driverOn: (server: CloudServer, options?: Partial<CinderOptions>) => Promise<VolumeDriver>;
}

/** Makes them; what was opened is closed after each test. */
export function testClouds(): TestClouds {
  const opened: (Backends | CloudServer)[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await ("unset" in one ? one.unset() : one.close());
  });
  return {
    cloudWith: async (answer) => {
      const server = await startCloud(async (request, url) => {
        const own = await answer(request, url);
        if (own !== undefined) return own;
        if (request.path === "/v3/auth/tokens") return tokenReply(url, "tok-1");
        if (request.path === "/") return versionsReply();
        if (request.path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [] } };
        return undefined;
      });
      opened.push(server);
      return server;
    },
    driverOn: async (server, options = {}) => {
      const auth = { type: "password", authUrl: `${server.url}/v3`, username: "alice", projectName: "demo", password: secret("s3cret-word") } as const;
      const backends = await openBackends({ backends: { cloud: backend(cinder, { auth, ...options }) } });
      opened.push(backends);
      return backends.get("cloud");
    },
  };
}

/** The metadata of a volume of ours that is kept. */
export const ours = (name: string): Readonly<Record<string, string>> => ({
  ...requestMetadata({ name, capacity: { requiredBytes: 2 ** 30, limitBytes: null }, parameters: {}, sizeBytes: 2 ** 30 }),
  "opensds.fate": "kept",
});
