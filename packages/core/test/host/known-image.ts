import type { RbdConnectionInfo } from "@opensds/core";

/** How to reach an image of a cluster that there is not: for what asks no cluster. */
export const plainImage = {
  protocol: "rbd",
  fsid: "ce859126-2c56-4607-ac1a-5dd2fdcf4f6e",
  monitors: ["10.0.0.1:6789"],
  pool: "ssd",
  poolId: 3,
  namespace: "",
  image: "luks-volume",
  imageId: "10f9efd81433",
  user: "dock",
  methods: ["krbd"],
  readOnly: false,
} satisfies RbdConnectionInfo;
