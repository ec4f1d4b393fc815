/** A scan of a table in a bucket, again and again: from copies on this machine, beside DuckDB's httpfs alone. */
import { join } from 'node:path';
import { budget, same } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';
import { httpfs, withStore } from '../store.mjs';

export const title = 'repeated scans in a bucket';

export async function run({ folder, quick }) {
  const rows = quick ? 50_000 : 2_000_000;
  await withStore(folder, async ({ options, address, keys, mark, since }) => {
    process.env.BOATHOUSE_CACHE_DIR = join(folder, 'cache-of-the-writer');
    const table = 's3://bench/wide';
    await ours(
      `for (let part = 0; part < 10; part += 1)
         await boathouse.writeDelta(input.table,
           { sql: 'select * from (' + input.rows + ') where id % 10 = ' + part }, { mode: 'append', storageOptions: input.options });`,
      { options, table, rows: wideRows(rows) },
    );
    // Another host, so nothing of what was written is here yet.
    process.env.BOATHOUSE_CACHE_DIR = join(folder, 'cache-of-a-reader');
    const scan = `const table = await boathouse.DeltaTable.open(input.table, { storageOptions: input.options });
       let count = 0;
       await meter(async () => { for await (const row of table.rows({ where: input.where })) count += 1; });
       return { count };`;
    // Every file has to be looked into for it, and few rows come back.
    const input = { options, table, where: "name like '%777'" };
    const first = await ours(scan, input);
    const begun = mark();
    const again = await ours(scan, input);
    const data = since(begun).filter(({ key }) => key.endsWith('.parquet') && !key.includes('_delta_log'));
    same('rows found again', again.count, first.count);
    budget('requests for data that was read before', data.length, 0);
    console.log(`  first: wall ${first.wallS.toFixed(3)} s; again: wall ${again.wallS.toFixed(3)} s`);
    const extension = quick ? undefined : httpfs();
    if (extension === undefined) return;
    const theirs = await deltaRs(
      `import duckdb
c = duckdb.connect(config={"allow_unsigned_extensions": "true"})
c.execute(f"load '{given['extension']}'")
c.execute(f"create secret (type s3, key_id '{given['keys']['id']}', secret '{given['keys']['secret']}', region 'us-east-1', endpoint '{given['address']}', url_style 'path', use_ssl false)")
find = lambda: len(c.execute(f"select * from read_parquet('{given['table']}/*.parquet') where {given['where']}").fetchall())
find()
result["count"] = meter(find)`,
      { ...input, extension, address, keys },
    );
    if (theirs === undefined) return;
    same('rows that httpfs finds', theirs.count, again.count);
    console.log(
      `  httpfs alone, again: wall ${theirs.wallS.toFixed(3)} s: ${(theirs.wallS / again.wallS).toFixed(1)}× ours (goal ≥ 3×)`,
    );
  });
}
