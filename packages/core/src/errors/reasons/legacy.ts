import type { ReasonFamily } from "./reason.js";

/** Reasons of drivers that speak strings. */
export const legacyReasons = {
  "legacy-error": {
    codes: { INTERNAL: "operator" },
    meaning: "The legacy driver failed with a text that says nothing certain.",
    mend: "Read the message; name the text in knownErrors when its meaning is clear.",
  },
  "legacy-reply-unreadable": {
    codes: { INTERNAL: "operator" },
    meaning: "The legacy driver's string is not what it should be.",
    mend: "Mend the legacy driver, or ask it by other tools what it did.",
  },
  "legacy-wrong-volume": {
    codes: { INTERNAL: "operator" },
    meaning: "The legacy driver made something else than was asked for.",
    mend: "Look at the volume that it made, and delete it if it is of no use.",
  },
} as const satisfies ReasonFamily;
