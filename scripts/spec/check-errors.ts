import { defaultRecovery, isKnownReason, reasons, type ErrorCode } from "@opensds/core";
import { scopeOf } from "./row-operations.js";
import type { ErrorRow, SpecText } from "./spec-text.js";
import { codesOf } from "./tables.js";

const outcomes = ["none", "applied", "unknown"];
const isCode = (text: string): text is ErrorCode => Object.hasOwn(defaultRecovery, text);

/** What is wrong between the specification's error tables, the catalogue of reasons and the codes of the operations. */
export function errorProblems({ errorRows }: SpecText): readonly string[] {
  return [...errorRows.flatMap((row) => rowProblems(row).map((problem) => `line ${row.line}: ${problem}`)), ...missingRows(errorRows)];
}

function rowProblems(row: ErrorRow): readonly string[] {
  const { code, reason, recovery, outcome } = row;
  if (!isCode(code)) return [`there is no code ${code}`];
  if (!isKnownReason(reason)) return [`the reason ${reason} is not in the catalogue`];
  const usual = reasons[reason].codes[code];
  const scope = scopeOf(row);
  const strangers = (scope?.operations ?? []).filter((operation) => !codesOf(operation).includes(code));
  return [
    ...(usual === undefined ? [`the catalogue has no ${reason} with ${code}`] : []),
    ...(usual !== undefined && usual !== recovery ? [`${reason} with ${code} means ${usual} in the catalogue, ${recovery} here`] : []),
    ...(outcomes.includes(outcome) ? [] : [`there is no outcome ${outcome}`]),
    ...(scope === undefined ? [`nobody knows which operation section ${row.section} speaks of`] : []),
    ...strangers.map((operation) => `${operation} may not end with ${code}`),
  ];
}

function missingRows(errorRows: readonly ErrorRow[]): readonly string[] {
  return Object.entries(reasons).flatMap(([reason, { codes }]) =>
    Object.keys(codes)
      .filter((code) => !errorRows.some((row) => row.reason === reason && row.code === code))
      .map((code) => `the catalogue has ${reason} with ${code}, and no table of the specification`),
  );
}
