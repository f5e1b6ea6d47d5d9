import type { CheckResult, ConformanceReport } from "../report/report.js";
import { formatDuration } from "../report/duration.js";
import { failureLines } from "../report/failure-story.js";
import type { RunEvent } from "../run/run-conformance.js";

/** Where progress is written: a terminal gets a line that changes, anything else plain lines. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows a run as it goes, and how it went. */
export interface Progress {
  onEvent(event: RunEvent): void;
  summary(report: ConformanceReport): void;
  /** Nothing more will come. */
  end(): void;
}

const marks: Readonly<Record<CheckResult["status"], string>> = { passed: "ok  ", failed: "FAIL", skipped: "skip" };

/** Makes the display. */
export function createProgress(output: ProgressOutput): Progress {
  const live = output.isTTY === true;
  const line = (text = ""): void => {
    output.write(`${live ? "\r\u001b[K" : ""}${text}\n`);
  };
  let ticker: NodeJS.Timeout | undefined;

  return {
    onEvent: (event) => {
      clearInterval(ticker);
      if (event.type === "run-started") {
        const { backend, checks, seed, prefix } = event.run;
        line(`${checks.length} checks on backend ${backend.name} (${backend.kind}), seed ${seed}`);
        line(`names contain ${prefix}; if this run is killed: opensds-conformance clean --prefix ${prefix}`);
      } else if (event.type === "check-started") {
        if (!live) return;
        const beganMs = performance.now();
        const text = `[${event.number}/${event.total}] ${event.check.id} ${event.check.title}`;
        const show = (): void => {
          const spent = ` ${formatDuration(performance.now() - beganMs)}`;
          output.write(`\r\u001b[K${text.slice(0, Math.max(20, (output.columns ?? 80) - spent.length - 1))}${spent}`);
        };
        show();
        ticker = setInterval(show, 1_000);
        ticker.unref();
      } else {
        const { result } = event;
        line(`${marks[result.status]}  ${result.id.padEnd(13)}  ${result.title}  (${formatDuration(result.ms)})`);
        for (const note of result.notes ?? []) line(`      ${note}`);
        if (result.reason !== undefined) line(`      ${result.reason}`);
        if (result.status === "failed") for (const one of failureLines(result)) line(`      ${one}`);
        else for (const leftover of result.leftovers ?? []) line(`      left: ${leftover}`);
      }
    },
    summary: (report) => {
      const { passed, failed, skipped } = report.counts;
      line();
      const failedIds = report.results.filter(({ status }) => status === "failed").map(({ id }) => id);
      if (failedIds.length > 0) line(`failed: ${failedIds.join(", ")} (again: --only ${failedIds.join(",")} --seed ${report.seed})`);
      if (report.problem !== undefined) line(`not a success: ${report.problem}`);
      line(report.level === "full" ? "level: full" : `level: ${report.level}${report.levelGap === undefined ? "" : ` (not full: ${report.levelGap})`}`);
      line(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    },
    end: () => {
      clearInterval(ticker);
      if (live) output.write("\r\u001b[K");
    },
  };
}
