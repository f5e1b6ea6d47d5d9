import type { CallContext, Operation, StorageBackend } from "@opensds/core";
import { connectVolume, disconnectVolume, listConnections } from "./attachments.js";
import { openCall, type Call } from "./call.js";
import { createVolume } from "./create-volume.js";
import { deleteVolume } from "./delete-volume.js";
import { toSouthbound } from "./errors.js";
import { readFormat, writeFormat } from "./formats.js";
import { getVolume } from "./get-volume.js";
import { listVolumePage } from "./list-volumes.js";
import { cinderManifest } from "./manifest.js";
import type { Project } from "./project.js";

type Work<Request, Op extends Operation, Value> = (project: Project, request: Request, call: Call<Op>) => Promise<Value>;

/** The backend of one project. */
export function createBackend(project: Project): StorageBackend {
  const bind =
    <Request, Op extends Operation, Value>(work: Work<Request, Op, Value>) =>
    async (request: Request, ctx: CallContext<Op>): Promise<Value> => {
      const call = openCall(ctx);
      try {
        return await work(project, request, call);
      } catch (thrown) {
        throw await toSouthbound(call, project, thrown);
      }
    };
  return {
    manifest: cinderManifest(project),
    createVolume: bind(createVolume),
    getVolume: bind(getVolume),
    listVolumePage: bind(listVolumePage),
    deleteVolume: bind(deleteVolume),
    connectVolume: bind(connectVolume),
    disconnectVolume: bind(disconnectVolume),
    listConnections: bind(listConnections),
    readFormat: bind(readFormat),
    writeFormat: bind(writeFormat),
    close: () => {
      project.http.close();
      return Promise.resolve();
    },
  };
}
