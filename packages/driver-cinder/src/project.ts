import type { CinderConfig } from "./config.js";
import type { Session } from "./auth/session.js";
import type { Api } from "./transport/api.js";
import type { Paces } from "./poll.js";
import type { Groups } from "./transport/groups.js";
import type { Http } from "./transport/http.js";
import type { Microversion } from "./transport/microversion.js";
import type { Snapshots } from "./transport/snapshots.js";
import type { Volumes } from "./transport/volumes.js";
import type { Looks } from "./volumes/looks.js";

/** One project of one cloud that `connect` has proved to work: what every operation of the driver works on. */
export interface Project {
  readonly config: CinderConfig;
  /** Its id. */
  readonly id: string;
  /** For messages: the project's name, or its id. */
  readonly name: string;
  readonly endpoint: string;
  readonly microversion: Microversion;
  /** Whether new volumes that ask for no type are of one that lets several hosts have them at once. */
  readonly sharedByDefault: boolean;
  readonly session: Session | undefined;
  /** The service user, where one is named. */
  readonly service: Session | undefined;
  readonly http: Http;
  readonly api: Api;
  readonly volumes: Volumes;
  readonly snapshots: Snapshots;
  readonly groups: Groups;
  readonly looks: Looks;
  /** How long kinds of work have taken of late. */
  readonly paces: Paces;
}
