/** Parsing a generated project: cold, and again with nothing changed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, peer, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeModelProject } from '../projects.mjs';

export const title = 'parse';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  let perModel;
  for (const count of quick ? [200] : [1000, 5000]) {
    const project = join(folder, `parse-${count}`);
    writeModelProject(project, count);
    const cold = await measure(node, [main, 'parse', '--profiles-dir', '.'], { cwd: project });
    const warm = await measure(node, [main, 'parse', '--profiles-dir', '.'], { cwd: project });
    let theirs;
    let theirsWarm;
    const dbt = quick || count > 1000 ? undefined : peer('dbt');
    if (dbt) {
      rmSync(join(project, 'target'), { recursive: true, force: true });
      theirs = (await measure(dbt, ['parse', '--profiles-dir', '.'], { cwd: project })).cpuS;
      theirsWarm = (await measure(dbt, ['parse', '--profiles-dir', '.'], { cwd: project })).cpuS;
    }
    show(`${count} models, cold, CPU`, cold.cpuS, theirs, 's', '≥ 20×');
    show(`${count} models, unchanged, CPU`, warm.cpuS, theirsWarm, 's');
    if (theirs)
      show(`${count} models, unchanged, against a cold dbt parse, CPU`, warm.cpuS, theirs, 's', '≥ 50×');
    if (perModel)
      console.log(
        `  growth from 1000 to ${count}: ${(cold.cpuS / perModel).toFixed(1)}× (linear is ${count / 1000}×)`,
      );
    perModel = cold.cpuS;
  }
}
