#!/usr/bin/env node
/** The `boathouse` command. */
import { runCli } from './run-cli.ts';

await runCli(process.argv.slice(2));
