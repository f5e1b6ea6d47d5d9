// A driver's package, compiled against a copy of core of its own.
import { defineDriver, isSecret, secret, SouthboundError, type Secret, type StandardSchema, type StorageBackend } from "@opensds/core";

export interface ArrayOptions {
  readonly password: Secret;
}

const config: StandardSchema<ArrayOptions> = {
  "~standard": {
    version: 1,
    vendor: "array",
    validate: (value) =>
      typeof value === "object" && value !== null && "password" in value && isSecret(value.password)
        ? { value: { password: value.password } }
        : { issues: [{ message: "give a password", path: ["password"] }] },
  },
};

const unused = (): Promise<never> => Promise.reject(new Error("not used here"));

const contract: StorageBackend = {
  manifest: {
    kind: "array",
    limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 2 ** 40 },
    nameUniqueness: "guaranteed",
    accessModes: ["single-writer"],
    protocols: [],
    parameters: {},
  },
  createVolume: () => Promise.reject(new SouthboundError("RESOURCE_EXHAUSTED", "backend-full", "the array is full", { operation: "createVolume" })),
  getVolume: (_, ctx) => Promise.reject(ctx.fail("NOT_FOUND", "volume-not-found", "there is no such volume")),
  listVolumePage: () => Promise.resolve({ items: [] }),
  deleteVolume: unused,
  connectVolume: unused,
  disconnectVolume: unused,
  listConnections: unused,
  readFormat: unused,
  writeFormat: unused,
  close: () => Promise.resolve(),
};

export const array = defineDriver({
  kind: "array",
  config,
  facets: { always: ["health"], maybe: ["doctor"] },
  connect: ({ password }) =>
    Promise.resolve({
      ...contract,
      health: { getHealth: () => Promise.resolve({ condition: "healthy" as const, findings: [], used: { kind: "unknown" as const }, openedBy: [] }) },
      passwordIs: (text: string) => password.reveal() === text,
      token: secret("the driver's own"),
      mend: () => Promise.reject(new SouthboundError("UNAVAILABLE", "array-unreachable", "nobody answers", { operation: "reconcile" })),
    }),
});
export { secret as secretOfDriver };
