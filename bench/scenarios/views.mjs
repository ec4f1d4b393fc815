/** Building many small views, and the size of the catalog that comes of it. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, budget, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeModelProject } from '../projects.mjs';

export const title = 'build of small views';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const count = quick ? 200 : 1000;
  const project = join(folder, 'views');
  writeModelProject(project, count, { tests: false });
  const ours = await measure(node, [main, 'build', '--profiles-dir', '.'], { cwd: project });
  const { results } = JSON.parse(
    (await import('node:fs')).readFileSync(join(project, 'target/run_results.json'), 'utf8'),
  );
  same('models built', results.filter((result) => result.status === 'success').length, count);
  budget(
    'bytes of the published catalog, views only',
    statSync(join(project, 'generated.duckdb')).size,
    quick ? 2 ** 20 : 3 * 2 ** 20,
  );
  let theirs;
  const dbt = quick ? undefined : peer('dbt');
  if (dbt) {
    for (const name of ['target', 'generated.duckdb', '_boathouse'])
      rmSync(join(project, name), { recursive: true, force: true });
    theirs = await measure(dbt, ['build', '--profiles-dir', '.'], { cwd: project });
  }
  show(`build of ${count} views, wall`, ours.wallS, theirs?.wallS, 's', '≥ 10×');
  show(`build of ${count} views, CPU`, ours.cpuS, theirs?.cpuS, 's');
}
