import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type IConfigFile } from "@microsoft/api-extractor";
import { repository, type EntryPoint } from "./entry-points.js";

/** The public declarations of an entry point in the form that api-extractor gives them, or what is wrong with them. */
export async function makeReport(entry: EntryPoint, temporary: string): Promise<string> {
  await mkdir(join(temporary, "temp"), { recursive: true });
  const problems: string[] = [];
  const config = ExtractorConfig.prepare({
    configObject: configOf(entry, temporary),
    configObjectFullPath: undefined,
    packageJsonFullPath: join(entry.folder, "package.json"),
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.formatMessageWithLocation(repository));
    },
  });
  if (problems.length > 0) throw new Error(`${entry.name} has no API report:\n${problems.join("\n")}`);
  return inOneOrder(withoutPlaces(await readFile(join(temporary, entry.report), "utf8")));
}

function configOf(entry: EntryPoint, temporary: string): IConfigFile {
  const none = { logLevel: ExtractorLogLevel.None };
  const shown = { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true };
  return {
    projectFolder: entry.folder,
    mainEntryPointFilePath: entry.declarations,
    newlineKind: "lf",
    compiler: { overrideTsconfig: { compilerOptions: userOptions, files: [entry.declarations] } },
    apiReport: {
      enabled: true,
      reportFileName: entry.report,
      reportFolder: temporary,
      reportTempFolder: join(temporary, "temp"),
      includeForgottenExports: entry.main,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: {
        default: none,
        // What a subpath uses without exporting it, the main entry point exports.
        "ae-forgotten-export": entry.main ? shown : none,
        "ae-undocumented": shown,
      },
      tsdocMessageReporting: { default: none },
    },
  };
}

const userOptions = {
  strict: true,
  skipLibCheck: true,
  target: "ES2022",
  lib: ["ES2023", "ESNext.Disposable"],
  module: "NodeNext",
  moduleResolution: "NodeNext",
  types: ["node"],
  typeRoots: [join(repository, "node_modules/@types")],
};

/** Texts that stand for one another in any order, in one: the compiler writes them in the order in which it first met them, anywhere. */
const inOneOrder = (report: string): string => report.replace(/"[^"\n]*"(?: \| "[^"\n]*")+/gu, (texts) => texts.split(" | ").sort().join(" | "));

/** Leaves out the list at the end: it repeats by line number what stands with each declaration, and lines move. */
function withoutPlaces(report: string): string {
  const end = report.indexOf("\n// Warnings were encountered during analysis:");
  const body = (end < 0 ? report : report.slice(0, end)).replace("\n// (No @packageDocumentation comment for this package)\n", "");
  return `${body.trimEnd().replace(/\n```$/, "").trimEnd()}\n\`\`\`\n`;
}
