import * as v from "valibot";
import type { Call } from "../call.js";
import type { Api } from "./api.js";
import { unless } from "./failure.js";
import { decode } from "./shapes.js";

const typeShape = v.object({ name: v.string(), extra_specs: v.optional(v.record(v.string(), v.string()), () => ({})) });
const manyTypes = v.object({ volume_types: v.array(typeShape) });
const oneType = v.object({ volume_type: typeShape });

/** The cloud's default type; undefined where it has none, or does not tell. */
export async function defaultType(api: Api, call: Call): Promise<v.InferOutput<typeof typeShape> | undefined> {
  const answer = await unless([403, 404], api(call, { method: "GET", path: "/types/default" }));
  return answer && decode("GET /types/default", answer, oneType).volume_type;
}

/** Whether volumes of a type may be attached to several hosts at once; of the cloud's default type, where none is named. */
export async function isShared(api: Api, call: Call, name: string | undefined): Promise<boolean> {
  if (name === undefined) {
    const type = await defaultType(api, call);
    return type !== undefined && isMultiAttach(type);
  }
  const answer = await unless([403], api(call, { method: "GET", path: "/types" }));
  const found = answer && decode("GET /types", answer, manyTypes).volume_types.find((type) => type.name === name);
  return found !== undefined && isMultiAttach(found);
}

/** Of the few extra specs that ordinary users are shown. */
const isMultiAttach = ({ extra_specs: specs }: v.InferOutput<typeof typeShape>): boolean => /^<is>\s+true$/iu.test(specs["multiattach"] ?? "");
