#!/usr/bin/env node
/**
 * The `boathouse` command.
 *
 * Most of a short command's time goes into loading code and into making it fast, so both are seen to
 * before anything else is loaded: where Node can keep compiled code between runs (22.1 and later) it is
 * asked to, and V8 optimizes a function only after it has done several times more work than usual. Left
 * alone, it spends more on optimizing the parse of a thousand models than on the parse. The young generation
 * starts large, because a parse keeps most of what it makes.
 */
import * as module from 'node:module';
import { setFlagsFromString } from 'node:v8';

for (const flag of ['--interrupt-budget=1000000', '--min-semi-space-size=16', '--max-semi-space-size=64']) {
  setFlagsFromString(flag);
}
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { runCli } = await import('./run-cli.ts');
await runCli(process.argv.slice(2));
