import { isKnownReason, reasons, type KnownReason } from "@opensds/core";
import { scopeOf } from "./row-operations.js";
import { codesByOperation, codesTable, markdownTable } from "./tables.js";
import type { SpecText } from "./spec-text.js";

const head = `# Errors

Every code and every reason: what it means, what to do, and which operations end with it. This page is generated: change
\`packages/core/src/errors/\` and the tables of [the specification](spec/southbound-v0.01.md), then \`pnpm spec:generate\`.

Every error is a \`SouthboundError\`: \`code\` and \`reason\` say what failed, \`recovery\` what the caller does next, \`outcome\` whether anything
changed, \`details\` hold facts for programs. A driver may have further reasons; go by code, recovery and outcome then. \`reasons\` of
\`@opensds/core\` holds this page's words for programs.

| recovery | the caller |
|---|---|
| \`fix-request\` | changes the request, or what it names; the same request will fail again |
| \`retry\` | calls again with growing pauses, and waits at least \`details.retryAfterMs\`; \`retrying()\` does it |
| \`wait-for-operation\` | calls again when the other operation has ended |
| \`operator\` | tells somebody: the backend, the host or the configuration needs mending |

## Codes
`;

/** The page of errors. */
export function errorsPage({ errorRows }: SpecText): string {
  const rows = Object.keys(reasons)
    .filter(isKnownReason)
    .sort()
    .map((reason) => {
      const { codes, meaning, mend } = reasons[reason];
      const given = Object.entries(codes).map(([code, recovery]) => `${code}: \`${recovery}\``);
      return [`\`${reason}\``, given.join("<br>"), meaning, mend, operationsOf(reason)];
    });
  return [
    head,
    codesTable(),
    "\n## Codes by operation\n",
    codesByOperation(),
    "\n## Reasons\n",
    markdownTable(["reason", "code: recovery", "means", "what to do", "operations"], rows),
    "",
  ].join("\n");

  function operationsOf(reason: KnownReason): string {
    const scopes = errorRows.filter((row) => row.reason === reason).map((row) => scopeOf(row)?.words ?? "");
    return [...new Set(scopes.flatMap((words) => words.split(", ")))].join(", ");
  }
}
