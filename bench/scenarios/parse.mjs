/** Parsing a generated project: cold, with nothing changed, and with one model edited. */
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, peer, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { writeModelProject } from '../projects.mjs';

export const title = 'parse';

export async function run({ folder, quick, large }) {
  const [node, main] = boathouse;
  let perModel;
  for (const count of quick ? [200] : [1000, 5000, 10_000]) {
    const project = join(folder, `parse-${count}`);
    writeModelProject(project, count);
    const ours = await threeParses([node, main], project);
    // dbt takes minutes for the large ones.
    const dbt = quick || count > (large ? 5000 : 1000) ? undefined : peer('dbt');
    let theirs;
    if (dbt) {
      rmSync(join(project, 'target'), { recursive: true, force: true });
      theirs = await threeParses([dbt], project);
    }
    show(`${count} models, cold, CPU`, ours.cold.cpuS, theirs?.cold.cpuS, 's', '≥ 40×');
    show(`${count} models, unchanged, CPU`, ours.same.cpuS, theirs?.same.cpuS, 's', '≥ 50×');
    show(`${count} models, one edited, CPU`, ours.edited.cpuS, theirs?.edited.cpuS, 's', '≥ 100×');
    console.log(`  ${count} models, cold, wall: ${ours.cold.wallS.toFixed(2)} s`);
    if (perModel) console.log(`  growth per model: ${(ours.cold.cpuS / count / perModel).toFixed(2)}×`);
    perModel = ours.cold.cpuS / count;
  }
}

/** A parse of a project that was never parsed, the same again, and again after a model got another text. */
async function threeParses([command, ...first], project) {
  const parse = () => measure(command, [...first, 'parse', '--profiles-dir', '.'], { cwd: project });
  const cold = await parse();
  // A parse reads what was changed just before it once more: the clock of the disk has steps.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const renewed = await parse();
  const same = await parse();
  appendFileSync(join(project, 'models/layer_1/m_00051.sql'), '-- edited\n');
  const edited = await parse();
  return { cold, same: same.cpuS < renewed.cpuS ? same : renewed, edited };
}
