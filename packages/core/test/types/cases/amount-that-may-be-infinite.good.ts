import type { Pool } from "@opensds/core";

export const freeBytes = ({ free }: Pool): number => (free.kind === "bytes" ? free.bytes : 0);
