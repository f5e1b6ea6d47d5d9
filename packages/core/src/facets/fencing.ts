import type { CallOptions } from "../driver/call-context.js";
import type { AttachmentId, HostId } from "../model/ids.js";

/** What fencing a host did. */
export interface FenceResult {
  readonly hostId: HostId;
  /** The attachments that were taken from it. */
  readonly attachmentIds: readonly AttachmentId[];
}

/** Cutting a dead host off, by an operator's explicit act: it can write nothing from then on, and its volumes are free. */
export interface FencingFacet {
  /** The host cannot reach its volumes when this returns. Again is harmless (SB-FENCE-1). */
  fenceHost(request: { readonly hostId: HostId }, options?: CallOptions): Promise<FenceResult>;
  /** Lets the host in again, after it has been started anew (SB-FENCE-3). */
  unfenceHost(request: { readonly hostId: HostId }, options?: CallOptions): Promise<void>;
}
