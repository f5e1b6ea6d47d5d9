// A dock, compiled against another copy of core than its drivers are; prints what it saw as JSON.
import { array, secretOfDriver } from "opensds-driver-array";
import {
  backend,
  extrasOf,
  isSecret,
  isSouthboundError,
  MiB,
  openBackends,
  requireFacets,
  secret,
  settle,
  SouthboundError,
  supports,
  volumeId,
  type CodeOf,
  type Secret,
} from "@opensds/core";
import { reference } from "@opensds/testkit/reference";

const backends = await openBackends({
  backends: {
    mine: backend(array, { password: secret("hunter2") }),
    memory: backend(reference, { store: "memory" }),
  },
});
await backends.setup();
const seen: Record<string, unknown> = { copies: secret === secretOfDriver ? 1 : 2 };

const mine = backends.get("mine");
const extras = extrasOf(mine);
const token: Secret = extras.token;
seen["their secret here"] = [isSecret(token), token.reveal(), `${token}`];
seen["our secret there"] = extras.passwordIs("hunter2");

const made = await settle("createVolume", mine.createVolume({ name: "a", capacity: { requiredBytes: MiB } }));
const code: CodeOf<"createVolume"> | undefined = made.ok ? undefined : made.error.code;
seen["their error through the guard"] = made.ok ? undefined : [code, made.error.reason, made.error.backend];
const found = await settle("getVolume", mine.getVolume({ id: volumeId("a") }));
seen["their failed call"] = found.ok ? undefined : [found.error.code, found.error.operation, found.error.backend];
const thrown: unknown = await extras.mend().catch((error: unknown) => error);
seen["their bare error"] = [isSouthboundError(thrown, "reconcile"), thrown instanceof SouthboundError];
seen["their facet"] = supports(mine, "health") ? (await requireFacets(mine, "health").health.getHealth({ id: volumeId("a") })).condition : undefined;

const memory = backends.get("memory");
const volume = await memory.createVolume({ name: "b", capacity: { requiredBytes: MiB } });
const names: string[] = [];
for await (const { name } of memory.listVolumes()) names.push(name);
const other = await settle("createVolume", memory.createVolume({ name: "b", capacity: { requiredBytes: 2 * MiB } }));
await memory.deleteVolume({ id: volume.id });
const gone = await settle("getVolume", memory.getVolume({ id: volume.id }));
seen["reference"] = [names, other.ok || other.error.code, gone.ok || gone.error.reason];
await backends.unset();
console.log(JSON.stringify(seen));
