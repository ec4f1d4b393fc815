/** Landing 5 M rows × 12 columns from Parquet into a Delta table, beside delta-rs's `write_deltalake`. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, budget, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { duckdb } from '../processes.mjs';
import { wideRows } from '../rows.mjs';

export const title = 'landing Parquet into Delta';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const rows = quick ? 100_000 : 5_000_000;
  const source = join(folder, 'landing.parquet');
  await duckdb(`copy (${wideRows(rows)}) to '${source}'`);

  const table = join(folder, 'landed');
  const ours = await measure(node, [main, 'land', source, table, '--mode', 'overwrite'], { cwd: folder });
  const files = readdirSync(table).filter((name) => name.endsWith('.parquet'));
  budget('data files written', files.length, quick ? 1 : 12);
  same(
    'commits',
    readdirSync(join(table, '_delta_log')).filter((name) => /^\d{20}\.json$/.test(name)).length,
    1,
  );

  let theirs;
  const python = quick ? undefined : peer('python');
  if (python) {
    const theirTable = join(folder, 'landed-by-delta-rs');
    const program = `
import sys, pyarrow.parquet as pq
from deltalake import write_deltalake
write_deltalake(sys.argv[2], pq.read_table(sys.argv[1]), mode='overwrite')`;
    theirs = await measure(python, ['-c', program, source, theirTable]);
    rmSync(theirTable, { recursive: true, force: true });
  }
  show(`${rows / 1e6} M rows, wall`, ours.wallS, theirs?.wallS, 's', '≥ 1×');
  show(`${rows / 1e6} M rows, CPU`, ours.cpuS, theirs?.cpuS, 's');
  show('peak memory', ours.peakMiB, theirs?.peakMiB, 'MiB', '> 1×');
}
