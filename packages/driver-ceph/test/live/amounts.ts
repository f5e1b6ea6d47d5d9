/** Whether everything is to be run: `npm test -- --full`. */
export const isFull = process.env["SB_FULL"] === "1";

/** How often a test kills: a sample, more where everything is run, and as often as `SB_KILLS` says where that is set. */
export const killsOf = (sample: number, full: number): number => Number(process.env["SB_KILLS"] ?? (isFull ? full : sample));

/** How many calls are under way when the cluster stops: 200 where everything is run, or as many as `SB_CALLS` says. */
export const callsAtOnce = Number(process.env["SB_CALLS"] ?? (isFull ? 200 : 60));
