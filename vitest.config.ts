import { defineConfig } from "vitest/config";

// What needs something brought up first has a run of its own: a real backend, a browser, packed packages and a registry, a virtual
// machine. `npm test` does that and sets the variable.
const special = { live: "SB_LAB_LIVE", cinder: "SB_LAB_CINDER", browser: "SB_BROWSER", packed: "SB_PACKED", vm: "SB_VM", "vm-cinder": "SB_VM_CINDER" };
const kind = Object.entries(special).find(([, variable]) => process.env[variable] === "1")?.[0];
const live = kind !== undefined;
const include = [kind === undefined ? "**/*.test.ts" : `**/*.${kind}.test.ts`];
const excluded = kind === undefined ? Object.keys(special).map((name) => `**/*.${name}.test.ts`) : [];

const project = (name: string, root: string) => ({
  extends: true as const,
  test: { name, root, include, exclude: ["**/node_modules/**", "**/dist/**", ...excluded] },
});

export default defineConfig({
  // Tests run from source, without a build.
  ssr: { resolve: { conditions: ["@opensds/source", "node", "import", "default"] } },
  test: {
    testTimeout: live ? 240_000 : 30_000,
    hookTimeout: live ? 240_000 : 30_000,
    // Two cores, and several of these tests stop and start daemons of one cluster or install packages: one file at a time there.
    // Virtual machines share nothing: as many files at a time as there are cores for.
    fileParallelism: !live || kind === "vm",
    ...(kind === "vm" && { maxWorkers: 2 }),
    passWithNoTests: true,
    projects: [
      project("core", "packages/core"),
      project("testkit", "packages/testkit"),
      project("driver-ceph", "packages/driver-ceph"),
      project("cli", "packages/cli"),
      project("driver-cinder", "packages/driver-cinder"),
      project("lab", "lab"),
      project("mutants", "mutants"),
      project("docs", "scripts/docs"),
      project("test run", "scripts/test"),
    ],
  },
});
