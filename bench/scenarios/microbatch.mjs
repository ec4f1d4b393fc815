/** Many daily batches of one microbatch model. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeMicrobatchProject } from '../projects.mjs';
import { statusesIn } from '../statuses.mjs';

export const title = 'daily microbatches';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const project = join(folder, 'microbatch');
  const days = quick ? 30 : 691;
  const end = new Date(Date.UTC(2024, 0, 1 + days)).toISOString().slice(0, 10);
  writeMicrobatchProject(project, days);
  const build = ['build', '--profiles-dir', '.', '--event-time-start', '2024-01-01', '--event-time-end', end];
  const ours = await measure(node, [main, ...build], { cwd: project });
  same('models built', statusesIn(project).success, 2);
  const counted = await measure(
    node,
    [main, 'query', '--profiles-dir', '.', '--json', 'select count(*) as n from daily'],
    {
      cwd: project,
    },
  );
  same('rows', Number(/"n":"?(\d+)/.exec(counted.stdout)?.[1]), days * 10);
  const dbt = quick ? undefined : peer('dbt');
  let theirs;
  if (dbt) {
    for (const name of ['target', 'generated.duckdb', '_boathouse'])
      rmSync(join(project, name), { recursive: true, force: true });
    theirs = await measure(dbt, build, { cwd: project });
  }
  show(`${days} batches, wall`, ours.wallS, theirs?.wallS, 's', '≥ 5×');
  show(`${days} batches, CPU`, ours.cpuS, theirs?.cpuS, 's');
}
