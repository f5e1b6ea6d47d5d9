import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Dependencies point one way: drivers and testkit -> core; only tests, scripts and benchmarks see the lab. */
const border = (files, forbidden, message) => ({
  files,
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: [{ regex: forbidden, message }, { regex: "/src/|/dist/", message: "Import a package by its name." }] },
    ],
  },
});

export default defineConfig(
  globalIgnores(["**/dist/", "**/coverage/", "docs/api/", ".lab/", "**/node_modules/", "packages/testkit/template/", "packages/core/test/types/cases/", "docs/.vitepress/cache/"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.ts", "packages/*/tsup.config.ts"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["scripts/**/*.mjs", "**/*.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly" } },
  },
  { files: ["examples/**/*.cjs"], languageOptions: { globals: { process: "readonly", console: "readonly", require: "readonly" } } },
  border(["packages/core/src/**"], "^@opensds/", "core knows no other package."),
  border(["packages/testkit/src/**"], "^@opensds/(driver-|lab)", "The suite knows no driver and no lab."),
  border(["packages/driver-ceph/src/**"], "^@opensds/(driver-|testkit|lab)", "A driver depends on core only."),
  border(["packages/driver-cinder/src/**"], "^@opensds/(driver-|testkit|lab)", "A driver depends on core only."),
  border(["packages/cli/src/**"], "^@opensds/(driver-|testkit|lab)", "The command finds its drivers where it is used."),
  border(["lab/src/**"], "^@opensds/", "The lab brings backends up; it knows no package."),
);
