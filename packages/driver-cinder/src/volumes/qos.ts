import type { BackendFacets, ModifyVolumeRequest, QosLimits, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { requestOf } from "../records/records.js";
import { failedWith } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";
import { defaultType } from "../transport/volume-types.js";
import { isLeaving } from "./fate.js";
import { ownVolume } from "./get-volume.js";
import { isChangingHands, stateOf } from "./states.js";

/** Limits of volumes' traffic, which are those of their types. */
export function qosFacet(bind: Bind): BackendFacets["qos"] {
  return { modifyVolume: bind(modifyVolume), getQos: bind(getQos) };
}

/** The limits of a volume's type, as the backends file has them: Cinder tells them to administrators only. */
async function getQos(project: Project, { id }: { readonly id: VolumeId }, call: Call<"getQos">): Promise<QosLimits> {
  const volume = await ownVolume(project, call, id);
  if (volume === undefined) throw call.ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
  return limitsOf(project, volume.volume_type);
}

/** Has a volume become one of the type that has just the limits that are wanted. Which limits there are is the operator's to decide. */
async function modifyVolume(project: Project, { id, qos }: ModifyVolumeRequest, call: Call<"modifyVolume">): Promise<QosLimits> {
  const { ctx } = call;
  const pacer = createPacer();
  let asked: string | undefined;
  for (;;) {
    const volume = await ownVolume(project, call, id);
    if (volume === undefined) throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
    if (volume.status !== "retyping") {
      refuseUnready(call, volume);
      const now = limitsOf(project, volume.volume_type);
      const wanted = merged(now, qos);
      if (isSame(now, wanted)) return now;
      if (asked !== undefined) {
        const [why] = await project.volumes.messages(call, id);
        throw ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder did not make volume ${id} one of type ${asked}: ${why ?? `it is ${volume.status}`}`, { resource: id, outcome: "none" });
      }
      const type = await typeWith(project, call, volume, wanted);
      if (await retype(project, call, volume, type)) asked = type;
    }
    await pacer.next(call);
  }
}

const limitsOf = ({ config }: Project, type: string | null | undefined): QosLimits => config.qosTypes[type ?? ""] ?? {};

/** A number sets a limit, null lifts it, and what is not there stays. */
function merged(now: QosLimits, change: ModifyVolumeRequest["qos"]): QosLimits {
  const all = Object.entries({ ...now, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) });
  return Object.fromEntries(all.filter(([, value]) => typeof value === "number"));
}

const isSame = (a: QosLimits, b: QosLimits): boolean => {
  const text = (limits: QosLimits): string => JSON.stringify(Object.entries(limits).toSorted());
  return text(a) === text(b);
};

async function typeWith(project: Project, call: Call<"modifyVolume">, volume: CinderVolume, wanted: QosLimits): Promise<string> {
  const types = project.config.qosTypes;
  const limited = Object.entries(types).find(([, limits]) => isSame(limits, wanted));
  if (limited !== undefined) return limited[0];
  if (Object.keys(wanted).length === 0) {
    // Back to what it was asked for as, where that is a type without limits.
    const first = requestOf(volume)?.parameters["volumeType"] ?? project.config.volumeType ?? (await defaultType(project.api, call))?.name;
    if (first !== undefined && types[first] === undefined) return first;
  }
  refuseBeyond(call, volume, wanted, Object.values(types));
  const known = Object.entries(types).map(([name, limits]) => `${name} (${JSON.stringify(limits)})`);
  const message = `no volume type of \`qosTypes\` has just the limits ${JSON.stringify(wanted)}; there are ${known.join(", ")}`;
  throw call.ctx.fail("INVALID_ARGUMENT", "qos-unsupported", message, { resource: volume.id, outcome: "none", details: { wanted, types } });
}

/** Fails where all of the limits are known to some type, and one is larger than any type has it. */
function refuseBeyond({ ctx }: Call<"modifyVolume">, { id }: CinderVolume, wanted: QosLimits, types: readonly QosLimits[]): void {
  const numbersOf = (limits: QosLimits): readonly (readonly [string, number])[] => Object.entries<number | undefined>({ ...limits }).flatMap(([limit, value]) => (value === undefined ? [] : [[limit, value] as const]));
  const known = types.flatMap(numbersOf);
  const beyond = numbersOf(wanted).map(([limit, value]) => ({ limit, value, largest: Math.max(0, ...known.flatMap(([name, number]) => (name === limit ? [number] : []))) }));
  const first = beyond.find(({ value, largest }) => value > largest);
  if (first === undefined || beyond.some(({ largest }) => largest === 0)) return;
  const message = `no volume type of \`qosTypes\` has ${first.limit} above ${first.largest}, and ${first.value} was asked for`;
  throw ctx.fail("OUT_OF_RANGE", "qos-out-of-range", message, { resource: id, outcome: "none", details: { limit: first.limit, largest: first.largest } });
}

/** False: it was busy for the moment. */
async function retype({ volumes }: Project, call: Call<"modifyVolume">, volume: CinderVolume, type: string): Promise<boolean> {
  await call.ctx.step("retype");
  try {
    // Data are never moved for it.
    await volumes.act(call, volume.id, { "os-retype": { new_type: type, migration_policy: "never" } });
    return true;
  } catch (thrown) {
    if (!failedWith(thrown, 400, 404, 409)) throw thrown;
    const now = await volumes.get(call, volume.id);
    if (now?.status !== volume.status || now.volume_type !== volume.volume_type || isChangingHands(volume.status)) return false;
    const info = { resource: volume.id, outcome: "none", details: { detail: thrown.detail, requestId: thrown.requestId }, cause: thrown } as const;
    throw call.ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not make volume ${volume.id} (${volume.status}) one of type ${type}: ${thrown.message}`, info);
  }
}

function refuseUnready({ ctx }: Call<"modifyVolume">, volume: CinderVolume): void {
  const { id, status } = volume;
  const info = { resource: id, outcome: "none", details: { state: status } } as const;
  if (isLeaving(volume)) throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, info);
  const state = stateOf(status);
  if (state === "error") throw ctx.fail("FAILED_PRECONDITION", "volume-in-error", `volume ${id} is in error (Cinder: ${status})`, info);
  if (state !== "available" && state !== "in-use") throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `volume ${id} is not ready (Cinder: ${status})`, info);
}
