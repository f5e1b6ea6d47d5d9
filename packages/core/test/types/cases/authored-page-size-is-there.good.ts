import type { AuthoredPageRequest, ListSnapshotsRequest } from "@opensds/core";

export const twice = (request: AuthoredPageRequest<ListSnapshotsRequest>): number => request.pageSize * 2;
export type Authored = AuthoredPageRequest<ListSnapshotsRequest>;
