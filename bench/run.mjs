/**
 * `npm run bench [-- --quick] [scenario …]`: measures Boathouse beside its peers, in one run.
 *
 * Counters (bytes, files, rows) are held to budgets and fail the run; times are printed as ratios.
 * `--quick` is what CI runs: small sizes, no peers. `--large` adds what takes many minutes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brokenBudgets } from './compare.mjs';

const here = import.meta.dirname;
const args = process.argv.slice(2);
const quick = args.includes('--quick');
const large = args.includes('--large');
const wanted = args.filter((arg) => !arg.startsWith('-'));
const names = readdirSync(join(here, 'scenarios')).map((file) => file.replace('.mjs', ''));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no scenario ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}

const built = spawnSync(process.execPath, [resolve(here, '../scripts/build.mjs')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (built.status !== 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'boathouse-bench-'));
// Copies of remote files that scenarios make are theirs, not the user's.
process.env.BOATHOUSE_CACHE_DIR = join(folder, 'cache');
let failed = 0;
try {
  for (const name of wanted.length > 0 ? wanted : names) {
    const scenario = await import(pathToFileURL(join(here, 'scenarios', `${name}.mjs`)).href);
    console.log(`${scenario.title}`);
    try {
      await scenario.run({ folder, quick, large });
    } catch (error) {
      failed += 1;
      console.error(`  failed: ${error.message}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (brokenBudgets() > 0) console.error(`${brokenBudgets()} budgets broken`);
process.exit(failed + brokenBudgets() > 0 ? 1 : 0);
