import { MiB } from "@opensds/core";
import type { Command, Step } from "./commands.js";
import type { Answer, Entry, Invocation } from "./history.js";

/** Carries out one call after the other, here or in another process. */
export type Caller = (invocation: Invocation) => Promise<Answer>;

/** How sizes are counted in sequences, in bytes. */
export const unitBytes = 4 * MiB;

/**
 * Lets all callers carry out their parts of a sequence, each one call after the other, all at the same time, and gives the history as
 * somebody saw it who stood beside: what one caller learns of an id, the next may use.
 * @param beforeCall awaited before each call: where a test decides whose turn it is
 */
export async function runSequence(
  sequence: readonly (Step | null)[],
  callers: readonly Caller[],
  beforeCall: (caller: number) => Promise<void> | void = () => undefined,
): Promise<readonly Entry[]> {
  const history: Entry[] = [];
  const known = createKnowledge();
  let clock = 0;
  const call = async (caller: number, invocation: Invocation, carryOut: Caller): Promise<void> => {
    const calledAt = clock++;
    const answer = await carryOut(invocation);
    history.push({ caller, invocation, answer, calledAt, returnedAt: clock++ });
    known.learn(invocation, answer);
  };

  await Promise.all(
    callers.map(async (carryOut, caller) => {
      for (const step of sequence) {
        if (step?.caller !== caller) continue;
        await beforeCall(caller);
        await call(caller, known.resolve(step.command), carryOut);
      }
    }),
  );

  // What everything has come to: seen by everyone, so that the histories' ends agree.
  for (const [caller, carryOut] of callers.entries()) await call(caller, { call: "list", pageSize: 100 }, carryOut);
  return history;
}

interface Knowledge {
  /** What a command means now: a look at the name, when there is nothing yet that it could be about. */
  resolve(command: Command): Invocation;
  learn(invocation: Invocation, answer: Answer): void;
}

/** Ids that some caller has been told, newest last. */
function createKnowledge(): Knowledge {
  const volumes = new Map<string, string[]>();
  const attachments = new Map<string, { readonly volumeId: string; readonly attachmentId: string }[]>();
  const note = <Item>(map: Map<string, Item[]>, name: string, item: Item, same: (one: Item) => boolean): void => {
    const list = map.get(name) ?? [];
    map.set(name, list);
    if (!list.some(same)) list.push(item);
  };

  return {
    resolve: (command) => {
      if (command.do === "list") return { call: "list", pageSize: command.pageSize };
      const { name } = command;
      if (command.do === "create") {
        const requiredBytes = command.units * unitBytes;
        return { call: "create", name, requiredBytes, limitBytes: command.exact ? requiredBytes : null };
      }
      if (command.do === "get") return { call: "get", name };
      if (command.do === "disconnect") {
        const attachment = attachments.get(name)?.at(-1 - command.back);
        if (attachment === undefined) return { call: "get", name };
        return { call: "disconnect", name, id: attachment.volumeId, attachmentId: attachment.attachmentId };
      }
      const id = volumes.get(name)?.at(-1 - command.back);
      if (id === undefined) return { call: "get", name };
      switch (command.do) {
        case "get-by-id":
          return { call: "get", name, id };
        case "delete":
          return { call: "delete", name, id };
        case "attachments":
          return { call: "attachments", name, id };
        case "connect":
          return { call: "connect", name, id, host: command.host, mode: command.mode };
      }
    },
    learn: (invocation, answer) => {
      const seen = answer.how === "volume" ? [answer.volume] : answer.how === "volumes" ? answer.volumes : [];
      for (const { name, id } of seen) note(volumes, name, id, (one) => one === id);
      if (!("id" in invocation) || invocation.id === undefined) return;
      const { name, id: volumeId } = invocation;
      const connected = answer.how === "attachment" ? [answer.attachment] : answer.how === "attachments" ? answer.attachments : [];
      for (const { id } of connected) note(attachments, name, { volumeId, attachmentId: id }, ({ attachmentId }) => attachmentId === id);
    },
  };
}
