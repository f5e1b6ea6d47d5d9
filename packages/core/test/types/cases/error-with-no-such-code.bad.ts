import { SouthboundError } from "@opensds/core";

export const missing = new SouthboundError("NOTFOUND", "volume-not-found", "there is no volume a"); // TS2345
