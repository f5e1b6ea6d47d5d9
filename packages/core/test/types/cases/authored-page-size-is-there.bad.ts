import type { AuthoredPageRequest, ListSnapshotsRequest } from "@opensds/core";

export const twice = (request: Partial<ListSnapshotsRequest>): number => request.pageSize * 2; // TS18048
export type Authored = AuthoredPageRequest<ListSnapshotsRequest>;
