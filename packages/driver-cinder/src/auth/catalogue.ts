import { CloudMistake } from "./cloud.js";
import type { CatalogueService } from "./keystone.js";

/** The types under which clouds list Cinder's version 3, most exact first. */
const types = ["volumev3", "block-storage", "block-store", "volume"];

/** Cinder's address in a catalogue. */
export function volumeEndpoint(
  catalogue: readonly CatalogueService[],
  wanted: { readonly region: string | undefined; readonly interface: string | undefined },
): string {
  const service = types.map((type) => catalogue.find((known) => known.type === type)).find((found) => found !== undefined);
  if (service === undefined) {
    const known = catalogue.map(({ type }) => type).join(", ") || "none; a token without a project has no catalogue";
    throw new CloudMistake(`the cloud's catalogue has no block storage (${types.join(", ")}); it has ${known}`);
  }
  const face = (wanted.interface ?? "public").replace(/URL$/u, "");
  const fitting = service.endpoints.filter((endpoint) => endpoint.interface === face && (wanted.region === undefined || endpoint.region === wanted.region));
  const [first, second] = fitting;
  if (first === undefined) {
    const known = service.endpoints.map((endpoint) => `${endpoint.interface} in ${endpoint.region}`).join(", ") || "none";
    const where = wanted.region === undefined ? "" : ` in region ${wanted.region}`;
    throw new CloudMistake(`the cloud's ${service.type} has no ${face} address${where}; it has ${known}`);
  }
  if (second !== undefined && second.region !== first.region) {
    const regions = [...new Set(fitting.map(({ region }) => region))].join(", ");
    throw new CloudMistake(`the cloud has block storage in several regions (${regions}); name one in \`region\``);
  }
  return first.url.replace(/\/+$/u, "");
}
