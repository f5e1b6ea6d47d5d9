import type { Recovery } from "@opensds/core";

export function next(recovery: Recovery): string { // TS2366
  switch (recovery) {
    case "fix-request":
      return "change the request";
    case "retry":
      return "try again";
    case "wait-for-operation":
      return "wait";
    case "retry":
      return "call somebody";
  }
}
