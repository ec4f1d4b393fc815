/** A hundred small appends on an open table: what a stream of batches costs. */
import { join } from 'node:path';
import { same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';

export const title = 'small appends on an open table';

const p50 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

export async function run({ folder, quick }) {
  const appends = quick ? 20 : 100;
  const mine = await ours(
    `await boathouse.writeDelta(input.table, { sql: input.rows });
     const table = await boathouse.DeltaTable.open(input.table);
     const times = [];
     await meter(async () => {
       for (let i = 0; i < input.appends; i += 1) {
         const start = performance.now();
         await table.append({ sql: input.rows });
         times.push(performance.now() - start);
       }
     });
     const after = await boathouse.DeltaTable.open(input.table);
     return { times, version: after.version, files: after.files().length };`,
    { table: join(folder, 'appends'), rows: wideRows(1000), appends },
  );
  same('commits', mine.version, appends);
  same('files', mine.files, appends + 1);
  const theirs = quick
    ? undefined
    : await deltaRs(
        `import duckdb
rows = duckdb.sql(given["rows"]).to_arrow_table()
write_deltalake(given["table"], rows)
table = DeltaTable(given["table"])
times = []
def work():
    for _ in range(given["appends"]):
        start = time.perf_counter()
        write_deltalake(table, rows, mode="append")
        times.append((time.perf_counter() - start) * 1000)
meter(work)
result["times"] = times`,
        { table: join(folder, 'appends-by-delta-rs'), rows: wideRows(1000), appends },
      );
  sideBySide(`${appends} appends of 1,000 rows`, mine, theirs, '≤ 0.5×');
  console.log(
    `  p50 of one append: ${p50(mine.times).toFixed(1)} ms (goal ≤ 10 ms)${theirs ? `, delta-rs ${p50(theirs.times).toFixed(1)} ms` : ''}`,
  );
}
