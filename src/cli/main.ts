#!/usr/bin/env node
/**
 * The `boathouse` command.
 *
 * Where Node can keep compiled code between runs (22.1 and later) it is asked to, before anything else is
 * loaded: most of a short command's time is loading.
 */
import * as module from 'node:module';

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { runCli } = await import('./run-cli.ts');
await runCli(process.argv.slice(2));
