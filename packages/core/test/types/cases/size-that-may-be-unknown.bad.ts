import type { Volume } from "@opensds/core";

export const doubled = ({ sizeBytes }: Volume): number => sizeBytes * 2; // TS18047
