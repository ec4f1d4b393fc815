/** One large external model: written once, streamed. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, budget, peer, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeExternalProject } from '../projects.mjs';

export const title = 'a large external model';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const project = join(folder, 'external');
  const rows = quick ? 500_000 : 20_000_000;
  writeExternalProject(project, rows);
  const build = ['build', '--profiles-dir', '.'];
  const ours = await measure(node, [main, ...build], { cwd: project });
  // Rows that had been put into a table first would have left their space in the file.
  budget('bytes of the published catalog', statSync(join(project, 'generated.duckdb')).size, 2 ** 20);
  const dbt = quick ? undefined : peer('dbt');
  let theirs;
  if (dbt) {
    for (const name of ['target', 'generated.duckdb', '_boathouse', 'lake'])
      rmSync(join(project, name), { recursive: true, force: true });
    mkdirSync(join(project, 'lake'));
    theirs = await measure(dbt, build, { cwd: project });
  }
  show(`${rows} rows, wall`, ours.wallS, theirs?.wallS, 's', '≥ 1.8×');
  show(`${rows} rows, CPU`, ours.cpuS, theirs?.cpuS, 's');
  show(`${rows} rows, peak memory`, ours.peakMiB, theirs?.peakMiB, 'MiB', 'under 1 GB');
}
