// npm run version-packages: turns the changesets into versions and changelogs; the version pull request holds what this writes.
import { execa } from "execa";
import { root } from "../lib/root.js";
import { fillChangelogs } from "../release/versions.js";

const tree = process.argv[2] ?? root;
await execa("changeset", ["version"], { cwd: tree, stdio: "inherit", preferLocal: true, localDir: root });
const filled = await fillChangelogs(tree);
if (filled.length > 0) console.log(`without a change of their own: ${filled.join(", ")}`);
