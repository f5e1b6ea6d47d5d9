import { SouthboundError } from "@opensds/core";

export const missing = new SouthboundError("NOT_FOUND", "volume-not-found", "there is no volume a");
