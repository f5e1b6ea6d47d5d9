#!/usr/bin/env node
// Stands in the repository, so that package managers can link the command before anything is built.
import "../dist/cli.js";
