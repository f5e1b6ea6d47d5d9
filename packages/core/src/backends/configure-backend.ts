import type { DriverDefinition } from "../driver/define-driver.js";
import type { StandardResult } from "../driver/standard-schema.js";
import type { ConfiguredBackend } from "../guard/guarded-driver.js";
import { explainIssues } from "./explain-issue.js";
import type { DriverFinder } from "./find-driver.js";
import { hideValues } from "./hide-values.js";
import type { Mistake } from "./mistakes.js";
import { watchConnect } from "./opened-by.js";
import { optionsSchema } from "./options-schema.js";
import type { BackendElement } from "./parse-backends.js";
import { resolveSecrets } from "./resolve-secrets.js";

/** A backend that is ready for the guard. */
export type ConfiguredElement = ConfiguredBackend & Pick<ReturnType<typeof watchConnect>, "remember">;

/** Finds the driver of an element, reads its secrets and lets its schema check its options; or tells everything that is wrong. */
export async function configureBackend(
  element: BackendElement,
  finder: DriverFinder,
  directory: string,
  timeoutMs: number | undefined,
): Promise<ConfiguredElement | { readonly mistakes: readonly Mistake[] }> {
  const path = ["backends", element.name, `${element.kind}_driver`];
  const definition = await finder.find(element);
  const { options, mistakes: unreadable } = await resolveSecrets(element.options, path, directory);
  if (typeof definition === "string") return { mistakes: [{ path, message: definition }, ...unreadable] };

  const result = await check(definition, options);
  if (result.issues === undefined && unreadable.length === 0) {
    const { watched, remember } = watchConnect(definition);
    return { name: element.name, definition: watched, config: result.value, timeoutMs, remember };
  }
  const issues = explainIssues(result.issues ?? [], options, optionsSchema(definition)).map((one) => ({
    path: [...path, ...one.path],
    message: one.message,
  }));
  // A secret that could not be read is missing from the options; that the schema misses it too is no news.
  const isKnown = (issue: Mistake): boolean => unreadable.some((one) => one.path.join("\0") === issue.path.join("\0"));
  return { mistakes: [...unreadable, ...issues.filter((issue) => !isKnown(issue))] };
}

async function check(definition: DriverDefinition, options: unknown): Promise<StandardResult<unknown>> {
  try {
    return await definition.config["~standard"].validate(options);
  } catch (error) {
    const said = error instanceof Error ? hideValues(error.message, options) : "no reason given";
    return { issues: [{ message: `the driver ${definition.kind} failed while it checked its options: ${said}` }] };
  }
}
