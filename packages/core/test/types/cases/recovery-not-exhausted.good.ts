import type { Recovery } from "@opensds/core";

export function next(recovery: Recovery): string {
  switch (recovery) {
    case "fix-request":
      return "change the request";
    case "retry":
      return "try again";
    case "wait-for-operation":
      return "wait";
    case "operator":
      return "call somebody";
  }
}
