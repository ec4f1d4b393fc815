/** A shop built whole: process start, parse, seeds, models, tests, publishing. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeShopProject } from '../projects.mjs';
import { statusesIn } from '../statuses.mjs';

export const title = 'build of a small shop';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const project = join(folder, 'shop');
  writeShopProject(project);
  const build = ['build', '--profiles-dir', '.'];
  const cold = await measure(node, [main, ...build], { cwd: project });
  const { success, pass } = statusesIn(project);
  same('seeds and models built', success, 8);
  same('tests passed', pass, 20);
  const again = await measure(node, [main, ...build], { cwd: project });
  const dbt = quick ? undefined : peer('dbt');
  let theirs;
  let theirsAgain;
  if (dbt) {
    for (const name of ['target', 'generated.duckdb', '_boathouse'])
      rmSync(join(project, name), { recursive: true, force: true });
    theirs = await measure(dbt, build, { cwd: project });
    theirsAgain = await measure(dbt, build, { cwd: project });
  }
  show('first build, wall', cold.wallS, theirs?.wallS, 's', '≥ 8×');
  show('first build, CPU', cold.cpuS, theirs?.cpuS, 's');
  show('the same again, wall', again.wallS, theirsAgain?.wallS, 's', '≥ 8×');
  show('the same again, CPU', again.cpuS, theirsAgain?.cpuS, 's');
}
