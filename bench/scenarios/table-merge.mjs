/** MERGE of rows spread over a whole table: by deletion vectors, by rewriting, and again when nothing is new. */
import { join } from 'node:path';
import { budget, same, sideBySide } from '../compare.mjs';
import { copied, deltaRs, duckdb, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';
import { wideTable } from '../wide-table.mjs';

export const title = 'MERGE of rows spread over a table';

const merge = `
  const table = await boathouse.DeltaTable.open(input.table);
  const before = new Map(table.files().map((file) => [file.path, file.sizeBytes]));
  const version = table.version;
  const result = await meter(() => table.merge({ source: { sql: "select * from read_parquet('" + input.source + "')" }, on: 'source.id = target.id' })
    .whenMatchedUpdateAll().whenNotMatchedInsertAll().execute());
  const after = await boathouse.DeltaTable.open(input.table);
  const added = after.files().filter((file) => !before.has(file.path));
  return { commits: after.version - version, added: added.length, addedBytes: added.reduce((sum, file) => sum + file.sizeBytes, 0), metrics: result.metrics };`;

const theirMerge = `
import pyarrow.parquet as pq
table = DeltaTable(given["table"])
def work():
    return table.merge(pq.read_table(given["source"]), "s.id = t.id", source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
result["metrics"] = meter(work)`;

export async function run({ folder, quick }) {
  const rows = quick ? 100_000 : 5_000_000;
  const merged = rows / 50;
  const source = join(folder, 'merge-source.parquet');
  // Every fiftieth row with another quantity, and a hundredth as many rows that are new.
  await duckdb(
    `copy (select * replace ((quantity + 1)::integer as quantity) from (${wideRows(merged, 50)})
      union all select * replace (id + ${rows} as id) from (${wideRows(merged / 100)})) to '${source}'`,
  );
  const plain = await wideTable(folder, rows, false);
  const theirTable = copied(plain, join(folder, 'merge-by-delta-rs'));
  const theirs = quick ? undefined : await deltaRs(theirMerge, { table: theirTable, source });
  const theirsAgain = quick ? undefined : await deltaRs(theirMerge, { table: theirTable, source });

  const what = `${merged} rows over ${rows}`;
  const vectors = copied(await wideTable(folder, rows, true), join(folder, 'merge-vectors'));
  const marked = await ours(merge, { table: vectors, source });
  sideBySide(`${what}, deletion vectors`, marked, theirs, '≤ 0.3×');
  same('rows updated', marked.metrics.numTargetRowsUpdated, merged);
  same('rows inserted', marked.metrics.numTargetRowsInserted, merged / 100);
  budget('files added', marked.added, 4);
  budget('rows copied', marked.metrics.numTargetRowsCopied, 0);

  const copying = copied(plain, join(folder, 'merge-copies'));
  const copies = await ours(merge, { table: copying, source });
  sideBySide(`${what}, copy on write`, copies, theirs, '≤ 0.8×');
  same('rows updated', copies.metrics.numTargetRowsUpdated, merged);

  for (const [table, name] of [
    [vectors, 'deletion vectors'],
    [copying, 'copy on write'],
  ]) {
    const again = await ours(merge, { table, source });
    sideBySide(`the same again, ${name}`, again, theirsAgain, '≤ 0.2×');
    same('commits', again.commits, 0);
    same('files added', again.added, 0);
  }
}
