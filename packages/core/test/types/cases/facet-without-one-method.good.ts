import { defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

const unable = (): Promise<never> => Promise.reject(new Error());
const fenced = { ...bare, fencing: { fenceHost: unable, unfenceHost: unable } };

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: ["fencing"], maybe: [] },
  connect: () => Promise.resolve(fenced),
});
