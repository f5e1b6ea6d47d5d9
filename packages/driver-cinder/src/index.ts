export { cinder, cinder as default } from "./cinder.js";
export type { CinderConfig, CinderOptions } from "./config.js";
export type { AuthOptions } from "./auth/auth-options.js";
