import type { CallContext, CallOptions } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import type { Listing, Page } from "../model/listing.js";
import type { ExpandVolumeRequest, ExpandVolumeResult } from "./expansion.js";
import type { FacetMap, FacetName } from "./facets.js";

/** A list request as an author gets it: with a page size, and the token of an earlier page or none. */
export type AuthoredPageRequest<Request> = Omit<NonNullable<Request>, "pageSize" | "startToken"> & {
  readonly pageSize: number;
  readonly token?: string | undefined;
};

/** Lists are written page by page: `listSnapshots` becomes `listSnapshotPage`. */
type AuthoredName<Method, Signature> = Signature extends (...args: never) => Listing<unknown>
  ? Method extends `list${infer Things}s`
    ? `list${Things}Page`
    : Method extends `list${infer Thing}`
      ? `list${Thing}Page`
      : Method
  : Method;

type ContextOf<Method> = CallContext<Method extends Operation ? Method : never>;

type AuthoredMethod<Method, Signature> = Signature extends (...args: infer Args) => infer Result
  ? Result extends Listing<infer Item>
    ? (request: AuthoredPageRequest<Args[0]>, ctx: ContextOf<Method>) => Promise<Page<Item>>
    : Args extends [(CallOptions | undefined)?]
      ? (ctx: ContextOf<Method>) => Result
      : (request: NonNullable<Args[0]>, ctx: ContextOf<Method>) => Result
  : Signature;

/**
 * A facet as its author writes it: the same methods with a call context in place of the options, lists page by page. What is
 * optional in a request is there when the author sees it, or absent; the request itself always is.
 */
export type Authored<Facet> = {
  readonly [Method in keyof Facet as AuthoredName<Method, Facet[Method]>]: AuthoredMethod<Method, Facet[Method]>;
};

/** A growth as an author gets it: with the size settled, never below what the volume has. */
export interface BackendExpandRequest extends ExpandVolumeRequest {
  /** A multiple of the granularity, within the limits. */
  readonly sizeBytes: number;
}

/** Growing as its author writes it; the host's half is core's. */
export interface AuthoredExpansion {
  /** Grows to `sizeBytes`; a volume that is that large or larger is returned as it is (SB-EXPAND-1, 3, 5). */
  expandVolume(request: BackendExpandRequest, ctx: CallContext<"expandVolume">): Promise<ExpandVolumeResult>;
}

/** The facets that a backend may carry, as its author writes them. */
export type BackendFacets = {
  readonly [Name in FacetName]: Name extends "expansion" ? AuthoredExpansion : Authored<FacetMap[Name]>;
};
