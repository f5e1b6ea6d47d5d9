import type * as v from "valibot";
import type { CallContext, CallOptions } from "../../driver/call-context.js";
import type { Operation } from "../../errors/operations.js";
import type { Listing, Page } from "../../model/listing.js";
import { checkRequest, checkResult } from "../check.js";
import { checkName } from "../check-name.js";
import { checkPage } from "../check-page.js";
import type { OpenBackend } from "../lifecycle.js";
import type { DriverParts } from "../driver-parts.js";
import { withStop } from "../lifecycle.js";
import { createListing } from "../listing.js";
import { runCall } from "../run-call.js";

/** Items in a page when the caller does not say. */
const defaultPageSize = 100;

interface CallPlan<Op extends Operation, Schema extends v.GenericSchema, Value> {
  readonly operation: Op;
  readonly request: Schema;
  /** What the call is done to, for errors; for changes also what nothing else may change meanwhile. */
  readonly subject: (request: v.InferOutput<Schema>) => string;
  /** Checks what the driver returns, where there is something to get wrong. */
  readonly result?: v.GenericSchema<unknown, Value> | undefined;
  readonly work: (request: v.InferOutput<Schema>, ctx: CallContext<Op>) => Promise<Value>;
}

interface ListPlan<Op extends Operation, Schema extends v.GenericSchema, Item> {
  readonly operation: Op;
  readonly request: Schema;
  /** What the list holds, for errors: `snapshot`. */
  readonly what: string;
  readonly item: v.GenericSchema<unknown, Item>;
  readonly work: (request: Omit<v.InferOutput<Schema>, PageKey> & PageArguments, ctx: CallContext<Op>) => Promise<Page<Item>>;
}

type PageKey = "pageSize" | "startToken";
interface PageArguments {
  readonly pageSize: number;
  readonly token?: string | undefined;
}
interface PageFields {
  readonly pageSize?: number | undefined;
  readonly startToken?: string | undefined;
}

/** Takes anything, since a caller may hand in anything: the schema says what it must be. */
type Call<Value> = (request: unknown, options?: CallOptions) => Promise<Value>;

/** Makes a facet's guarded methods out of its author's: the same validation, joining, deadlines and errors as everywhere. */
export interface FacetKit {
  /** A method that only reads. */
  readonly read: <Op extends Operation, Schema extends v.GenericSchema, Value>(plan: CallPlan<Op, Schema, Value>) => Call<Value>;
  /** A method that may change something: identical calls are joined, others on the same subject refused. */
  readonly change: <Op extends Operation, Schema extends v.GenericSchema, Value>(plan: CallPlan<Op, Schema, Value>) => Call<Value>;
  /** A list. */
  readonly list: <Op extends Operation, Schema extends v.GenericSchema<PageFields, PageFields>, Item>(
    plan: ListPlan<Op, Schema, Item>,
  ) => (request?: v.InferInput<Schema>, options?: CallOptions) => Listing<Item>;
}

/** The kit of one driver. */
export function createFacetKit(parts: DriverParts): FacetKit {
  const { lifecycle, inFlight, environment, spec } = parts;
  const checked = <Value>(result: v.GenericSchema<unknown, Value> | undefined, value: Value, operation: Operation, resource: string): Value =>
    result === undefined ? value : checkResult(result, value, spec(operation, resource), "result");

  const readRequest = <Schema extends v.GenericSchema>(schema: Schema, given: unknown, opened: OpenBackend, operation: Operation): v.InferOutput<Schema> => {
    const request = checkRequest(schema, given, spec(operation));
    checkName(request, opened.manifest.limits.nameBytes, spec(operation));
    return request;
  };

  return {
    read: ({ operation, request: schema, subject, result, work }) => async (given, options) => {
      const opened = lifecycle.opened(spec(operation));
      const request = readRequest(schema, given, opened, operation);
      const resource = subject(request);
      return lifecycle.track(
        runCall(spec(operation, resource), environment, withStop(options, opened.stop), async (ctx) =>
          checked(result, await work(request, ctx), operation, resource),
        ),
      );
    },
    change: ({ operation, request: schema, subject, result, work }) => async (given, options) => {
      const opened = lifecycle.opened(spec(operation));
      const request = readRequest(schema, given, opened, operation);
      const resource = subject(request);
      const about = { subject: resource, scope: "*", request };
      return lifecycle.track(
        inFlight.run(spec(operation, resource), about, withStop(options, opened.stop), async (ctx) =>
          checked(result, await work(request, ctx), operation, resource),
        ),
      );
    },
    list: ({ operation, request: schema, what, item, work }) => (given, options) =>
      createListing(
        async (token, pageOptions) => {
          const opened = lifecycle.opened(spec(operation));
          const { pageSize = defaultPageSize, startToken: _startToken, ...rest } = checkRequest(schema, given ?? {}, spec(operation));
          return lifecycle.track(
            runCall(spec(operation), environment, withStop(pageOptions, opened.stop), async (ctx) =>
              checkPage(await work({ ...rest, pageSize, token }, ctx), item, pageSize, spec(operation), what),
            ),
          );
        },
        given?.startToken,
        options ?? {},
      ),
  };
}
