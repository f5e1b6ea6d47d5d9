import type { AccessMode } from "@opensds/core";
import type { Entry, SeenAttachment, SeenVolume } from "./history.js";

/** What one name is: nothing, or one volume. An id that begins with `?` is that of a thing whose maker heard nothing. */
export interface NameState {
  readonly volume: ModelVolume | null;
  /** Ids of volumes that were deleted: they never come back. */
  readonly gone: readonly string[];
}

interface ModelVolume {
  readonly id: string;
  readonly sizeBytes: number;
  /** At most one per host, ordered by host. */
  readonly attachments: readonly ModelAttachment[];
}

interface ModelAttachment extends SeenAttachment {
  /** Set when the call that recorded it will take it back: the tick at which that call began. */
  readonly attempt?: number | undefined;
}

export const nothing: NameState = { volume: null, gone: [] };

const impossible: readonly NameState[] = [];

/**
 * What a name may be after a call that took effect at one moment, when it was `state` just before; empty when the call cannot have
 * ended as it did. A call of which nobody knows the end gives what it may have changed.
 */
export function step(state: NameState, entry: Entry, index: number): readonly NameState[] {
  const { invocation, answer } = entry;
  if (entry.attempt === "ended") return [withoutAttempt(state, entry)];
  if (entry.attempt === "recorded") return recordAttempt(state, entry, index);
  if (answer.how === "failed" && answer.outcome !== "unknown" && saysNothing(answer)) return [state];
  const unknown = answer.how === "failed" && answer.outcome === "unknown";
  switch (invocation.call) {
    case "create":
      return stepCreate(state, entry, invocation, unknown ? `?${index}` : undefined);
    case "get":
      if (answer.how === "volume") return answer.volume.name === invocation.name ? sameVolume(state, answer.volume, invocation.id) : impossible;
      return isNotFound(entry) && !certainlyThere(state, invocation.id) ? [state] : impossible;
    case "list": {
      const [volume, ...more] = answer.how === "volumes" ? answer.volumes : [];
      if (answer.how !== "volumes" || more.length > 0) return impossible;
      if (volume !== undefined) return sameVolume(state, volume, undefined);
      return state.volume === null ? [state] : impossible;
    }
    case "delete":
      return stepDelete(state, entry, invocation.id, unknown);
    case "connect":
      return stepConnect(state, entry, invocation, unknown ? `?${index}` : undefined);
    case "disconnect":
      return answer.how === "done" || unknown ? stepDisconnect(state, invocation) : impossible;
    case "attachments":
      if (answer.how === "attachments") return sameAttachments(state, invocation.id, answer.attachments);
      return isNotFound(entry) && !certainlyThere(state, invocation.id) ? [state] : impossible;
  }
}

/** Failures that may come at any time and change nothing. */
function saysNothing({ code, reason }: Extract<Entry["answer"], { how: "failed" }>): boolean {
  return code === "ABORTED" || code === "DEADLINE_EXCEEDED" || code === "UNAVAILABLE" || reason === "volume-deleting";
}

const isNotFound = ({ answer }: Entry): boolean => answer.how === "failed" && answer.code === "NOT_FOUND";
const failedFor = ({ answer }: Entry, reason: string): boolean => answer.how === "failed" && answer.reason === reason;

/** Ids that a caller saw may turn out to be that of the thing whose maker heard nothing. */
const mayBe = (known: string, seen: string): boolean => known === seen || known.startsWith("?");

/** The volume, if the one that is there can have this id. */
function volumeWithId({ volume, gone }: NameState, id: string): ModelVolume | undefined {
  if (volume === null || !mayBe(volume.id, id) || gone.includes(id)) return undefined;
  return volume.id === id ? volume : { ...volume, id };
}

/** Whether a volume is there that has this id, or any id when none is asked for. */
const certainlyThere = ({ volume }: NameState, id: string | undefined): boolean =>
  volume !== null && (id === undefined || volume.id === id);

const withVolume = (state: NameState, volume: ModelVolume | null): NameState => (volume === state.volume ? state : { ...state, volume });

function sameVolume(state: NameState, seen: SeenVolume, id: string | undefined): readonly NameState[] {
  const volume = volumeWithId(state, seen.id);
  if (volume === undefined || (id !== undefined && id !== seen.id) || volume.sizeBytes !== seen.sizeBytes) return impossible;
  const states = volume.attachments.length > 0 ? ["in-use"] : ["available"];
  return [...states, "deleting"].includes(seen.state) ? [withVolume(state, volume)] : impossible;
}

function stepCreate(
  state: NameState,
  { answer }: Entry,
  { requiredBytes, limitBytes }: Extract<Entry["invocation"], { call: "create" }>,
  unknownId: string | undefined,
): readonly NameState[] {
  const present = state.volume?.sizeBytes;
  const fits = present !== undefined && requiredBytes <= present && (limitBytes === null || limitBytes >= present);
  if (answer.how === "failed" && answer.code === "ALREADY_EXISTS") return present !== undefined && !fits ? [state] : impossible;
  const id = answer.how === "volume" ? answer.volume.id : unknownId;
  if (id === undefined) return impossible;
  const sizeBytes = answer.how === "volume" ? answer.volume.sizeBytes : requiredBytes;
  if (state.volume !== null) {
    if (answer.how !== "volume") return [state];
    const volume = volumeWithId(state, id);
    return fits && volume?.sizeBytes === sizeBytes ? [withVolume(state, volume)] : impossible;
  }
  if (sizeBytes !== requiredBytes || state.gone.includes(id)) return impossible;
  return [{ ...state, volume: { id, sizeBytes, attachments: [] } }];
}

function stepDelete(state: NameState, entry: Entry, id: string, unknown: boolean): readonly NameState[] {
  const volume = volumeWithId(state, id);
  const attached = volume === undefined ? 0 : volume.attachments.length;
  if (failedFor(entry, "volume-in-use")) return volume !== undefined && attached > 0 ? [withVolume(state, volume)] : impossible;
  if (entry.answer.how !== "done" && !unknown) return impossible;
  const untouched = certainlyThere(state, id) ? impossible : [state];
  return volume !== undefined && attached === 0 ? [{ volume: null, gone: [...state.gone, id].sort() }, ...untouched] : untouched;
}

const shared = (mode: AccessMode): boolean => mode === "multi-reader" || mode === "multi-writer";

function stepConnect(
  state: NameState,
  entry: Entry,
  { id, host, mode }: Extract<Entry["invocation"], { call: "connect" }>,
  unknownId: string | undefined,
): readonly NameState[] {
  if (isNotFound(entry)) return certainlyThere(state, id) ? impossible : [state];
  const volume = volumeWithId(state, id);
  if (volume === undefined) return unknownId === undefined ? impossible : [state];
  const allowed = volume.attachments.every((other) => other.mode === mode && (other.host === host || shared(mode)));
  if (failedFor(entry, "volume-attached-elsewhere")) return allowed ? impossible : [withVolume(state, volume)];
  const { answer } = entry;
  const granted = answer.how === "attachment" ? answer.attachment : unknownId === undefined ? undefined : { id: unknownId, host, mode };
  if (granted?.host !== host || granted.mode !== mode) return impossible;
  if (!allowed) return answer.how === "attachment" ? impossible : [state];
  const own = volume.attachments.find((one) => one.host === host);
  if (own !== undefined && answer.how !== "attachment") return [state];
  if (own !== undefined && !mayBe(own.id, granted.id)) return impossible;
  return [withVolume(state, withAttachments(volume, [...volume.attachments.filter((one) => one !== own), granted]))];
}

/** A connect that will be refused has recorded its attachment, where that is compatible with what is there. */
function recordAttempt(state: NameState, { invocation, calledAt }: Entry, index: number): readonly NameState[] {
  if (invocation.call !== "connect" || state.volume?.id !== invocation.id) return impossible;
  const { attachments } = state.volume;
  const { host, mode } = invocation;
  if (!attachments.every((other) => other.mode === mode && other.host !== host && shared(mode))) return impossible;
  return [withVolume(state, withAttachments(state.volume, [...attachments, { id: `?${index}`, host, mode, attempt: calledAt }]))];
}

/** A refused connect has taken back what it recorded, if it did. */
function withoutAttempt(state: NameState, { calledAt }: Entry): NameState {
  const { volume } = state;
  if (volume?.attachments.some(({ attempt }) => attempt === calledAt) !== true) return state;
  return withVolume(state, { ...volume, attachments: volume.attachments.filter(({ attempt }) => attempt !== calledAt) });
}

function withAttachments(volume: ModelVolume, attachments: readonly ModelAttachment[]): ModelVolume {
  const ordered = attachments.toSorted((a, b) => (a.host < b.host ? -1 : 1));
  const same = ordered.length === volume.attachments.length && ordered.every((one, index) => one.id === volume.attachments[index]?.id);
  return same ? volume : { ...volume, attachments: ordered };
}

/** Disconnecting what is not there succeeds; an attachment whose maker heard nothing may be the one. */
function stepDisconnect(
  state: NameState,
  { id, attachmentId }: Extract<Entry["invocation"], { call: "disconnect" }>,
): readonly NameState[] {
  const volume = volumeWithId(state, id);
  const mine = volume?.attachments.filter((one) => mayBe(one.id, attachmentId)) ?? [];
  const removed = mine.map((gone) => {
    const left = volume?.attachments.filter((one) => one !== gone) ?? [];
    return withVolume(state, volume === undefined ? null : { ...volume, attachments: left });
  });
  const certain = state.volume?.id === id && mine.some((one) => one.id === attachmentId);
  return certain ? removed.slice(0, 1) : [...removed, state];
}

function sameAttachments(state: NameState, id: string, seen: readonly SeenAttachment[]): readonly NameState[] {
  const volume = volumeWithId(state, id);
  if (volume?.attachments.length !== seen.length) return impossible;
  const found = volume.attachments.flatMap((known) => {
    const same = seen.find((one) => one.host === known.host && one.mode === known.mode && mayBe(known.id, one.id));
    return same === undefined ? [] : [{ ...known, id: same.id }];
  });
  return found.length === seen.length ? [withVolume(state, withAttachments(volume, found))] : impossible;
}
