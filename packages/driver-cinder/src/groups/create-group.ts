import type { VolumeGroup, VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { displayName } from "../records/records.js";
import { failedWith } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";
import { defaultType } from "../transport/volume-types.js";
import { withNameLock } from "../volumes/name-lock.js";
import { abandonGroup } from "./abandon-group.js";
import { anyGroup, describeGroup, groupNamed, type FoundGroup } from "./find-group.js";
import { moveMembers, requireMember } from "./group-members.js";
import { groupDescription, membersKey } from "./group-record.js";

interface Request {
  readonly name: string;
  readonly volumeIds: readonly VolumeId[];
}
type CreateCall = Call<"createGroup">;

/** How long somebody else's half-made group of the name may stay as it is before it is taken for a killed call's. */
const deadMs = 10_000;

/**
 * Makes a group, or returns the one that the same request made. Cinder's group is made under the lock of names, its volumes are put in, and only
 * then does its description say that it is made, which is what shows it to anybody. The same request again goes on with what is there.
 */
export async function createGroup(project: Project, request: Request, call: CreateCall): Promise<VolumeGroup> {
  const pacer = createPacer();
  const members = membersKey(request.volumeIds);
  let watched: { readonly seen: string; readonly sinceMs: number } | undefined;
  for (;;) {
    const there = await groupNamed(project, call, request.name);
    if (there === undefined) {
      await make(project, request, call, members);
    } else if (there.record.members === members && there.record.state !== "closing") {
      if (there.record.state === "made") return describeGroup(there);
      const done = await fill(project, request, call, there);
      if (done !== undefined) return describeGroup(done);
    } else if (there.record.state === "made") {
      throw groupExists(request, call, there);
    } else {
      const seen = JSON.stringify([there.id, there.status, there.volumes]);
      if (watched?.seen !== seen) watched = { seen, sinceMs: performance.now() };
      else if (performance.now() - watched.sinceMs > deadMs) await abandonGroup(project, call, there.id, refusal(call, request.name));
    }
    await pacer.next(call);
  }
}

async function make(project: Project, request: Request, call: CreateCall, members: string): Promise<void> {
  const { name } = request;
  const volumes = await membersToBe(project, request, call);
  if (volumes === undefined) return;
  const known = volumes.flatMap(({ volume_type: type }) => type ?? []);
  const types = known.length > 0 ? [...new Set(known)] : [project.config.volumeType ?? (await defaultType(project.api, call))?.name ?? ""];
  await withNameLock(project, call, async () => {
    if ((await groupNamed(project, call, name)) !== undefined) return;
    await call.ctx.step("make-group");
    try {
      await project.groups.create(call, {
        name: displayName(name),
        description: groupDescription({ state: "making", members, name }),
        group_type: project.config.groupType,
        volume_types: types,
        ...(project.config.availabilityZone !== undefined && { availability_zone: project.config.availabilityZone }),
      });
    } catch (thrown) {
      if (!failedWith(thrown, 400, 404)) throw thrown;
      throw refusal(call, name)(thrown.message, thrown);
    }
  });
}

/** The volumes of the group that is to be made; undefined where somebody has begun to make it since we looked, and perhaps put them into it. */
async function membersToBe(project: Project, { name, volumeIds }: Request, call: CreateCall): Promise<readonly CinderVolume[] | undefined> {
  try {
    const volumes = [];
    for (const id of volumeIds) volumes.push(await requireMember(project, call, id, undefined));
    return volumes;
  } catch (thrown) {
    if ((await groupNamed(project, call, name)) !== undefined) return undefined;
    throw thrown;
  }
}

/** Puts what is missing into the group and marks it as made; undefined when it went meanwhile, or is not ready yet. */
async function fill(project: Project, request: Request, call: CreateCall, there: FoundGroup): Promise<FoundGroup | undefined> {
  const refused = refusal(call, request.name);
  if (there.status === "creating") return undefined;
  try {
    for (const id of request.volumeIds) if (!there.volumes.includes(id)) await requireMember(project, call, id, there.id);
    const full = await moveMembers(project, call, there.id, { add: [...new Set(request.volumeIds)], remove: [] }, refused);
    if (full === undefined) return undefined;
    return await withNameLock(project, call, async () => {
      const now = await anyGroup(project, call, full.id);
      if (now === undefined || now.record.state === "closing") return undefined;
      const record = { ...now.record, state: "made" } as const;
      await call.ctx.step("complete-group");
      return (await project.groups.update(call, full.id, { description: groupDescription(record) })) ? { ...now, record } : undefined;
    });
  } catch (thrown) {
    if (!call.ctx.signal.aborted) await abandonGroup(project, call, there.id, refused);
    throw thrown;
  }
}

const refusal =
  ({ ctx }: CreateCall, name: string) =>
  (detail: string, cause: unknown): Error =>
    ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder makes no such group ${JSON.stringify(name)}: ${detail}; look at \`groupType\`, and take volumes of one backend`, {
      resource: name,
      outcome: "none",
      cause,
    });

function groupExists({ name }: Request, { ctx }: CreateCall, { id, volumes }: FoundGroup): Error {
  const message = `group ${JSON.stringify(name)} is there already, made of other volumes; use another name, or updateGroup`;
  return ctx.fail("ALREADY_EXISTS", "group-exists", message, { resource: name, outcome: "none", details: { groupId: id, volumeIds: volumes } });
}
