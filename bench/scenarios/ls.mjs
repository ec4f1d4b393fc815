/** `ls` on a small project, the whole process: what a shell prompt or an editor waits for. */
import { join } from 'node:path';
import { boathouse, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeModelProject } from '../projects.mjs';

export const title = 'ls on 10 models';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const project = join(folder, 'ls');
  writeModelProject(project, 10);
  const args = ['ls', '--profiles-dir', '.', '--resource-type', 'model'];
  await measure(node, [main, ...args], { cwd: project });
  const ours = await measure(node, [main, ...args], { cwd: project });
  same(
    'models listed',
    ours.stdout
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('generated.')).length,
    10,
  );
  let theirs;
  const dbt = quick ? undefined : peer('dbt');
  if (dbt) {
    await measure(dbt, args, { cwd: project });
    theirs = await measure(dbt, args, { cwd: project });
  }
  show('whole process, wall', ours.wallS, theirs?.wallS, 's', '≥ 8×');
  show('whole process, CPU', ours.cpuS, theirs?.cpuS, 's');
}
