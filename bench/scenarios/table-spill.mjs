/** MERGE that doesn't fit in the memory it is given: with `--large` 20 M rows into 20 M, with 2 GB. */
import { join } from 'node:path';
import { same, show } from '../compare.mjs';
import { duckdb, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';
import { wideTable } from '../wide-table.mjs';

export const title = 'MERGE larger than memory';

export async function run({ folder, large }) {
  // Twenty million rows take many minutes and 10 GB of disk.
  const rows = large ? 20_000_000 : 500_000;
  const table = await wideTable(folder, rows, true);
  const source = join(folder, 'spill-source.parquet');
  await duckdb(
    `copy (select * replace ((quantity + 1)::integer as quantity) from (${wideRows(rows)})) to '${source}'`,
  );
  const mine = await ours(
    `await boathouse.configureEngine({ memoryLimit: input.memoryLimit, threads: 2 });
     const table = await boathouse.DeltaTable.open(input.table);
     const result = await meter(() => table.merge({ source: { sql: "select * from read_parquet('" + input.source + "')" }, on: 'source.id = target.id' })
       .whenMatchedUpdateAll().whenNotMatchedInsertAll().execute());
     return { metrics: result.metrics };`,
    { table, source, memoryLimit: large ? '2GB' : '256MB' },
  );
  same('rows updated', mine.metrics.numTargetRowsUpdated, rows);
  show('wall', mine.wallS, undefined, 's');
  show('CPU', mine.cpuS, undefined, 's');
  show('peak memory', mine.peakMiB, undefined, 'MiB');
}
