import { labStatus, labUp, type LabStatus } from "@opensds/lab";

type UpCeph = Extract<LabStatus["ceph"], { state: "up" }>;

/** The lab's Ceph, brought up where it is not. */
export async function labCeph(): Promise<UpCeph> {
  const { ceph } = (await labStatus()).ceph.state === "up" ? await labStatus() : await labUp("ceph");
  if (ceph.state !== "up") throw new Error("the lab's Ceph is not up");
  return ceph;
}
