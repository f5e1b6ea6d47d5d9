import type { Pool } from "@opensds/core";

export const freeBytes = ({ free }: Pool): number => (free.kind === "infinite" ? free.bytes : 0); // TS2339
