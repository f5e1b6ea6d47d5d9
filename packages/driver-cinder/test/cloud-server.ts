import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** What the server answers: recorded from a Keystone and a Cinder of the release Zed. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A server on loopback that answers as it is told, and remembers what it was asked. */
export interface CloudServer {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** What is answered to a request, perhaps when something else has happened; undefined: that there is no such thing. */
export type Answered = Reply | undefined | Promise<Reply | undefined>;

export async function startCloud(answer: (request: Received, url: string) => Answered): Promise<CloudServer> {
  const received: Received[] = [];
  let url = "";
  const server: Server = createServer((request, response) => {
    void read(request).then(async (text) => {
      const address = new URL(request.url ?? "/", url);
      const one: Received = {
        method: request.method ?? "",
        path: address.pathname,
        query: address.searchParams,
        headers: request.headers,
        body: text === "" ? undefined : JSON.parse(text),
      };
      received.push(one);
      const reply = (await answer(one, url)) ?? { status: 404, body: { itemNotFound: { code: 404, message: "The resource could not be found." } } };
      response.writeHead(reply.status, { "Content-Type": "application/json", ...reply.headers });
      response.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    received,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Keystone's answer to a sign-in, with Cinder in its catalogue. */
export function tokenReply(url: string, token: string, lifeSeconds = 3_600): Reply {
  const issued = Date.parse("2026-11-22T12:54:09Z");
  return {
    status: 201,
    headers: { "X-Subject-Token": token },
    body: {
      token: {
        methods: ["password"],
        user: { domain: { id: "default", name: "Default" }, id: "467f5ba3", name: "alice", password_expires_at: null },
        issued_at: new Date(issued).toISOString(),
        // Some of Keystone's times have no zone.
        expires_at: new Date(issued + lifeSeconds * 1_000).toISOString().replace(/\.\d+Z$/u, ""),
        project: { domain: { id: "default", name: "Default" }, id: "p1", name: "demo" },
        roles: [{ id: "1", name: "reader" }, { id: "2", name: "member" }],
        catalog: [
          {
            type: "volumev3",
            name: "cinderv3",
            id: "s1",
            endpoints: [
              { region: "RegionOne", region_id: "RegionOne", id: "e1", interface: "internal", url: `${url}/internal/v3/p1` },
              { region: "RegionOne", region_id: "RegionOne", id: "e2", interface: "public", url: `${url}/v3/p1` },
            ],
          },
        ],
      },
    },
  };
}

/** Cinder's list of versions. */
export const versionsReply = (highest = "3.70"): Reply => ({
  status: 300,
  body: { versions: [{ id: "v3.0", status: "CURRENT", version: highest, min_version: "3.0", updated: "2022-08-31T00:00:00Z" }] },
});

/** A volume as Cinder shows it to its project. */
export const volumeRow = (over: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  id: "d48701bf-d02e-4b1c-a971-bf44686cd943",
  status: "available",
  size: 1,
  availability_zone: "nova",
  created_at: "2026-11-22T12:54:09.000000",
  updated_at: "2026-11-22T12:54:10.000000",
  name: "v1",
  description: null,
  volume_type: "rbd",
  snapshot_id: null,
  source_volid: null,
  metadata: {},
  multiattach: false,
  attachments: [],
  group_id: null,
  ...over,
});
