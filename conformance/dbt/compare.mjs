/**
 * Runs projects with dbt and with the built Boathouse and prints what differs.
 *
 *     node conformance/dbt/compare.mjs <project folder>…
 *
 * A folder may hold a `conformance.json` with steps (see judge/plan.ts). `BOATHOUSE_JUDGE_KEEP=1` leaves the
 * copies, `BOATHOUSE_JUDGE_OUTPUT=1` prints what both programs printed.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');
const outfile = join(root, '.cache/judge/compare-project.mjs');
mkdirSync(join(root, '.cache/judge'), { recursive: true });
await build({
  entryPoints: [join(import.meta.dirname, 'judge/compare-project.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
const { compareProjects } = await import(pathToFileURL(outfile).href);
process.exitCode = await compareProjects(root, process.argv.slice(2));
