import { defineConfig } from "vitest/config";

// Tests on a real backend have a run of their own, which brings that backend up first: `npm test` sets SB_LAB_LIVE.
const live = process.env.SB_LAB_LIVE === "1";
const files = live ? { include: ["**/*.live.test.ts"] } : { include: ["**/*.test.ts"], exclude: ["**/*.live.test.ts"] };

const project = (name: string, root: string) => ({
  extends: true as const,
  test: { name, root, ...files, exclude: ["**/node_modules/**", "**/dist/**", ...("exclude" in files ? files.exclude : [])] },
});

export default defineConfig({
  // Tests run from source, without a build.
  ssr: { resolve: { conditions: ["@opensds/source", "node", "import", "default"] } },
  test: {
    testTimeout: live ? 180_000 : 30_000,
    hookTimeout: live ? 180_000 : 30_000,
    // Two cores, and several of the live tests stop and start daemons of one cluster: one file at a time there.
    fileParallelism: !live,
    passWithNoTests: true,
    projects: [
      project("core", "packages/core"),
      project("testkit", "packages/testkit"),
      project("driver-ceph", "packages/driver-ceph"),
      project("cli", "packages/cli"),
      project("lab", "lab"),
    ],
  },
});
