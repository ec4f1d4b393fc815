/** Small appends to a table in a bucket: what they cost in requests, beside delta-rs on the same server. */
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';
import { withStore } from '../store.mjs';

export const title = 'small appends in a bucket';

export async function run({ folder, quick }) {
  const appends = quick ? 20 : 100;
  await withStore(folder, async ({ options, mark, since }) => {
    const input = { rows: wideRows(1000), appends, options };
    await ours(
      `await boathouse.writeDelta(input.table, { sql: input.rows }, { storageOptions: input.options });`,
      { ...input, table: 's3://bench/appends' },
    );
    const begun = mark();
    const mine = await ours(
      `const table = await boathouse.DeltaTable.open(input.table, { storageOptions: input.options });
       await meter(async () => {
         for (let i = 0; i < input.appends; i += 1) await table.append({ sql: input.rows });
       });
       return { version: table.version };`,
      { ...input, table: 's3://bench/appends' },
    );
    const sent = since(begun);
    same('commits', mine.version, appends);
    const commits = sent.filter(({ method, key }) => method === 'PutObject' && /\/\d{20}\.json$/.test(key));
    same('requests that create a commit', commits.length, appends);
    const puts = sent.filter(({ method }) => method === 'PutObject').length;
    // A file and a commit each, three for every checkpoint, and a store asked for the first time.
    budget('PUT in all', puts, Math.ceil(appends * 2.3) + 4);
    const reads = sent.length - puts;
    // Opening the table costs a few.
    budget('GET, HEAD and LIST in all', reads, appends * 2 + 10);
    const theirs = quick
      ? undefined
      : await deltaRs(
          `import duckdb
rows = duckdb.sql(given["rows"]).to_arrow_table()
write_deltalake(given["table"], rows, storage_options=given["options"])
table = DeltaTable(given["table"], storage_options=given["options"])
def work():
    for _ in range(given["appends"]):
        write_deltalake(table, rows, mode="append")
meter(work)`,
          { ...input, table: 's3://bench/appends-by-delta-rs' },
        );
    sideBySide(`${appends} appends of 1,000 rows`, mine, theirs, 'wall ≤ 0.5×');
  });
}
