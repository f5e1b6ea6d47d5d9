import type { DriverDefinition } from "../driver/define-driver.js";
import { relocate, type JsonSchema } from "./json-schema.js";
import { optionsSchema } from "./options-schema.js";
import { backendNamePattern, hostIdPattern, maxTimeoutMs } from "./parse-backends.js";

/**
 * The JSON Schema (draft 7) of a backends file, with the options of these drivers: editors complete and check the file by it. Options
 * of a driver whose validator has no JSON Schema side may be anything.
 * @example `writeFile("backends.schema.json", JSON.stringify(backendsSchema(await installedDrivers()), null, 2))`
 */
export function backendsSchema(definitions: readonly DriverDefinition[]): Record<string, unknown> {
  const drivers = new Map(definitions.map((definition) => [`${definition.kind}_driver`, optionsSchema(definition)]));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "OpenSDS backends file",
    description: "The storage backends of one dock, each under a name of its own.",
    type: "object",
    properties: {
      $schema: { type: "string", description: "Where this schema stands, for editors." },
      backends: {
        description: "Name of a backend: its driver and that driver's options. Several backends may use one driver.",
        type: "object",
        minProperties: 1,
        propertyNames: { pattern: backendNamePattern.source },
        additionalProperties: { $ref: "#/definitions/backend" },
      },
      host: hostSchema,
      timeoutMs: {
        description: "Milliseconds for calls that give no timeout of their own. Default 60 000.",
        type: "integer",
        minimum: 1,
        maximum: maxTimeoutMs,
      },
    },
    required: ["backends"],
    additionalProperties: false,
    definitions: {
      backend: elementSchema([...drivers.keys()]),
      ...Object.fromEntries([...drivers].map(([key, schema]) => [key, driverSchema(key, schema)])),
    },
  };
}

const hostSchema: JsonSchema = {
  description: "This machine's half.",
  type: "object",
  properties: {
    id: { description: "What backends know this host by. Default: the machine id.", type: "string", pattern: hostIdPattern.source },
    runtimeDir: {
      description: "Absolute path of the directory for helper daemons and their sockets. Default /run/opensds.",
      type: "string",
      pattern: "^/",
    },
  },
  additionalProperties: false,
};

function elementSchema(keys: readonly string[]): JsonSchema {
  return {
    description: "One driver's element, such as `ceph_driver:`.",
    type: "object",
    properties: {
      ...Object.fromEntries(keys.map((key) => [key, { $ref: `#/definitions/${key}` }])),
      module: {
        description: "The package or path to load the driver from, where it is not named after its kind.",
        type: "string",
        minLength: 1,
      },
    },
    if: { required: ["module"] },
    // A module may bring a driver that this schema was not made with.
    then: { propertyNames: { pattern: "^(module|.+_driver)$" }, minProperties: 2, maxProperties: 2 },
    else: { propertyNames: { enum: keys }, minProperties: 1, maxProperties: 1 },
  };
}

function driverSchema(key: string, options: JsonSchema | undefined): JsonSchema {
  if (options === undefined) return { description: `Options of ${key}; see its documentation.`, type: ["object", "null"] };
  const required: unknown = options["required"];
  const needsOptions = Array.isArray(required) && required.length > 0;
  const pointer = `#/definitions/${key}`;
  // `cinder_driver:` with nothing after it means no options.
  return needsOptions ? relocate(options, pointer) : { anyOf: [relocate(options, `${pointer}/anyOf/0`), { type: "null" }] };
}
