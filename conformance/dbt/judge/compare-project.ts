/** The judge by hand: `node conformance/dbt/compare.mjs <project folder>…`. */
import { resolve } from 'node:path';
import { openCourt } from './court.ts';
import { judge } from './judge.ts';

/** Judges every folder and prints what differs. @returns the exit code */
export async function compareProjects(root: string, folders: readonly string[]): Promise<number> {
  const bin = process.env['BOATHOUSE_PEERS_BIN'] ?? resolve(root, '.cache/peers/venv/bin');
  // Profiles of projects may name it.
  process.env['BOATHOUSE_PEERS_BIN'] = bin;
  const court = openCourt(root, bin);
  let code = 0;
  try {
    for (const folder of folders) {
      const verdict = await judge(resolve(folder), court);
      for (const line of verdict.differences) process.stdout.write(`${line}\n`);
      for (const line of verdict.stale) process.stdout.write(`listed as differing, but the same: ${line}\n`);
      for (const [index, theirs] of verdict.theirs.entries()) {
        const ours = verdict.ours[index];
        if (theirs.code === ours?.code && process.env['BOATHOUSE_JUDGE_OUTPUT'] === undefined) continue;
        process.stdout.write(`--- ${theirs.command}: dbt ${theirs.code}\n${theirs.tail}\n`);
        process.stdout.write(`--- ${theirs.command}: Boathouse ${ours?.code}\n${ours?.tail}\n`);
      }
      const same = verdict.differences.length + verdict.stale.length === 0;
      if (!same) code = 1;
      process.stdout.write(`${folder}: ${same ? 'the same' : `${verdict.differences.length} differences`}\n`);
    }
  } finally {
    court.close();
  }
  return code;
}
