import { defineConfig } from "vitest/config";

const project = (name: string, root: string) => ({ extends: true as const, test: { name, root } });

export default defineConfig({
  // Tests run from source, without a build.
  ssr: { resolve: { conditions: ["@opensds/source", "node", "import", "default"] } },
  test: {
    testTimeout: 30_000,
    projects: [
      project("core", "packages/core"),
      project("testkit", "packages/testkit"),
      project("driver-ceph", "packages/driver-ceph"),
      project("lab", "lab"),
    ],
  },
});
