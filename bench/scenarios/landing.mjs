/** Landing 5 M rows × 12 columns from Parquet into a Delta table, beside delta-rs's `write_deltalake`. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, budget, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';

export const title = 'landing Parquet into Delta';

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const rows = quick ? 100_000 : 5_000_000;
  const source = join(folder, 'landing.parquet');
  const columns = [
    'i as id',
    "'name ' || (hash(i) % 100000) as name",
    '(hash(i + 1) % 1000)::integer as quantity',
    '((hash(i + 2) % 1000000) / 100)::decimal(12,2) as price',
    '(hash(i + 3) % 1000) / 7.0 as ratio',
    'hash(i) % 2 = 0 as flag',
    "date '2024-01-01' + (i % 365)::integer as day",
    "(timestamp '2024-01-01' + interval (i) second)::timestamptz as at",
    "'city ' || (hash(i + 4) % 300) as city",
    'if(i % 10 = 0, null, i * 3) as parent_id',
    'md5(i::varchar) as token',
    '(hash(i + 5) % 90)::smallint as age',
  ];
  const make = `import { DuckDBInstance } from '@duckdb/node-api';
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(${JSON.stringify(`copy (select ${columns.join(', ')} from range(${rows}) t(i)) to '${source}'`)});`;
  await measure(process.execPath, ['--input-type=module', '-e', make], {
    cwd: join(import.meta.dirname, '../..'),
  });

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
