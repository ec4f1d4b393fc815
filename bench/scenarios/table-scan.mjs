/** A scan for one key: only files that can hold it are opened. */
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { wideTable } from '../wide-table.mjs';

export const title = 'selective scan';

export async function run({ folder, quick }) {
  const rows = quick ? 100_000 : 5_000_000;
  const id = Math.floor(rows * 0.37);
  const table = await wideTable(folder, rows, false);
  const mine = await ours(
    `const table = await boathouse.DeltaTable.open(input.table);
     const find = async () => { const found = []; for await (const row of table.rows({ where: input.where })) found.push(row); return found; };
     await find();
     const found = await meter(find);
     return { found: found.length, opened: (await table.relation({ where: input.where })).files.map(({ path }) => path), can: table.files().filter(({ stats }) => { const { minValues, maxValues } = JSON.parse(stats); return minValues.id <= input.id && maxValues.id >= input.id; }).map(({ path }) => path) };`,
    { table, id, where: `id = ${id}` },
  );
  const theirs = quick
    ? undefined
    : await deltaRs(
        `table = DeltaTable(given["table"])
query = QueryBuilder().register("t", table)
find = lambda: pa.table(query.execute("SELECT * FROM t WHERE " + given["where"])).num_rows
find()
result["found"] = meter(find)`,
        { table, where: `id = ${id}` },
      );
  sideBySide('one row by its key, warm', mine, theirs, 'files opened = files that can hold the key');
  same('rows found', mine.found, 1);
  same('files opened', mine.opened.join(' '), mine.can.join(' '));
  budget('files that can hold the key', mine.can.length, 1);
}
