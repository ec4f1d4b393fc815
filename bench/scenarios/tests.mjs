/** Many generic tests on small tables. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeTestsProject } from '../projects.mjs';
import { statusesIn } from '../statuses.mjs';

export const title = 'generic tests';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const project = join(folder, 'tests');
  const count = quick ? 100 : 1000;
  writeTestsProject(project, count);
  await measure(node, [main, 'run', '--profiles-dir', '.'], { cwd: project });
  const ours = await measure(node, [main, 'test', '--profiles-dir', '.'], { cwd: project });
  same('tests passed', statusesIn(project).pass, count);
  const dbt = quick ? undefined : peer('dbt');
  let theirs;
  if (dbt) {
    for (const name of ['target', 'generated.duckdb', '_boathouse'])
      rmSync(join(project, name), { recursive: true, force: true });
    await measure(dbt, ['run', '--profiles-dir', '.'], { cwd: project });
    theirs = await measure(dbt, ['test', '--profiles-dir', '.'], { cwd: project });
  }
  show(`${count} tests, wall`, ours.wallS, theirs?.wallS, 's', '≥ 10×');
  show(`${count} tests, CPU`, ours.cpuS, theirs?.cpuS, 's');
}
