import type { AuthoredPageRequest, ListSnapshotsRequest } from "@opensds/core";

export const place = (request: AuthoredPageRequest<ListSnapshotsRequest>): string => `${request.pageSize} after ${request.token ?? "none"}`;
