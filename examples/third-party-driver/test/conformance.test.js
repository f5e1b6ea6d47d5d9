import { describeConformance } from "@opensds/testkit/vitest";

// One test for each check. Processes that a check starts load the driver as a dock would: the built JavaScript.
describeConformance("shelf", { target: { backends: "backends.yaml", backend: "mine" } });
