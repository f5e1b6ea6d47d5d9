export { createHost, type CreateHostOptions } from "./create-host.js";
export type { FormatJournal, Host, HostOptions } from "./host.js";
export { readPassphraseFile, type PassphraseFile } from "./passphrase-file.js";
