// The process in which librados and librbd run. Started by the driver, never imported.
import { runChild } from "./transport/native/child/main.js";

runChild();
