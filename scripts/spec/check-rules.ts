import { allChecks, rules as suiteRules } from "@opensds/testkit";
import type { SpecText } from "./spec-text.js";
import type { UnprovenRules } from "./unproven-rules.js";

/** At most this share of the MUSTs may be exceptions. */
const exceptionShare = 0.1;

/** How many rules there are, and how they are proved. */
export interface RuleCounts {
  readonly rules: number;
  readonly musts: number;
  readonly covered: number;
  readonly pending: number;
  readonly exceptions: number;
}

/** What is wrong between the specification's rules and the suite's checks, in words. */
export function ruleProblems({ rules }: SpecText, { exceptions, pending }: UnprovenRules): readonly string[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const cited = citedRules();
  const listed = [...Object.keys(exceptions), ...pending];
  const musts = rules.filter(({ level }) => level === "MUST");
  return [
    ...repeated(rules.map(({ id }) => id)).map((id) => `${id} stands twice in the specification`),
    ...Object.entries(suiteRules).flatMap(([id, words]) => {
      const rule = byId.get(id);
      if (rule === undefined) return [`${id} of the suite's rules.ts is not in the specification`];
      return rule.words === words ? [] : [`${id} has other words in rules.ts: ${JSON.stringify(words)}, in the specification: ${JSON.stringify(rule.words)}`];
    }),
    ...Object.keys(suiteRules).filter((id) => !cited.has(id)).map((id) => `${id} is in rules.ts, and no check cites it`),
    ...repeated(listed).map((id) => `${id} is listed twice as unproven`),
    ...listed.flatMap((id) => {
      if (byId.get(id)?.level !== "MUST") return [`${id} is listed as unproven, and is no MUST of the specification`];
      return cited.has(id) ? [`${id} is listed as unproven, and a check cites it by now: take it off the list`] : [];
    }),
    ...musts.filter(({ id }) => !cited.has(id) && !listed.includes(id)).map(({ id }) => `${id} is a MUST that no check cites`),
    ...(Object.keys(exceptions).length > exceptionShare * musts.length
      ? [`${Object.keys(exceptions).length} of ${musts.length} MUSTs are exceptions; at most one in ten may be`]
      : []),
  ];
}

/** Counts for people. */
export function countRules({ rules }: SpecText, { exceptions, pending }: UnprovenRules): RuleCounts {
  const cited = citedRules();
  const musts = rules.filter(({ level }) => level === "MUST");
  return {
    rules: rules.length,
    musts: musts.length,
    covered: musts.filter(({ id }) => cited.has(id)).length,
    pending: pending.length,
    exceptions: Object.keys(exceptions).length,
  };
}

const citedRules = (): ReadonlySet<string> => new Set(allChecks.flatMap((check) => check.rules));
const repeated = (ids: readonly string[]): readonly string[] => [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
