import { acquireLock } from "../../src/lock.js";

await acquireLock(process.argv[2] ?? "", { purpose: "to be killed" });
console.log("held");
setInterval(() => undefined, 1_000);
