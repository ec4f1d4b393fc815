/** Compaction of many small files, and Z-order. */
import { join } from 'node:path';
import { budget, same, sideBySide } from '../compare.mjs';
import { copied, deltaRs, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';
import { wideTable } from '../wide-table.mjs';

export const title = 'compaction and Z-order';

const optimize = `
  const table = await boathouse.DeltaTable.open(input.table);
  const rows = () => table.files().reduce((sum, file) => sum + JSON.parse(file.stats).numRecords, 0);
  const before = rows();
  await meter(() => table.optimize(input.options));
  const after = await boathouse.DeltaTable.open(input.table);
  const files = after.files();
  return { before, rows: files.reduce((sum, file) => sum + JSON.parse(file.stats).numRecords, 0), files: files.length };`;

export async function run({ folder, quick, large }) {
  const small = quick ? 50 : 500;
  const each = quick ? 1000 : 10_000;
  const scattered = join(folder, 'compact');
  await ours(
    `for (let i = 0; i < input.small; i += 1)
       await boathouse.writeDelta(input.table, { sql: 'select * replace (id + ' + i * input.each + ' as id) from (' + input.rows + ')' }, { mode: 'append' });
     return {};`,
    { table: scattered, rows: wideRows(each), small, each },
  );
  const theirs = quick
    ? undefined
    : await deltaRs('table = DeltaTable(given["table"])\nmeter(lambda: table.optimize.compact())', {
        table: copied(scattered, join(folder, 'compact-by-delta-rs')),
      });
  const mine = await ours(optimize, { table: scattered, options: {} });
  sideBySide(`compact ${small} files of ${each} rows`, mine, theirs, '≤ 0.8×');
  same('rows kept', mine.rows, mine.before);
  budget('files left', mine.files, quick ? 1 : 5);

  for (const rows of quick ? [100_000] : [1_000_000, 5_000_000]) {
    const plain = await wideTable(folder, rows, false);
    // With five million rows delta-rs was still at work after many minutes.
    const other =
      quick || (rows > 1_000_000 && !large)
        ? undefined
        : await deltaRs(
            'table = DeltaTable(given["table"])\nmeter(lambda: table.optimize.z_order(["quantity", "price"]))',
            { table: copied(plain, join(folder, `zorder-${rows}-by-delta-rs`)) },
          );
    const ordered = await ours(optimize, {
      table: copied(plain, join(folder, `zorder-${rows}`)),
      options: { zOrderBy: ['quantity', 'price'] },
    });
    sideBySide(`Z-order ${rows} rows by two columns`, ordered, other, '≤ 0.5×');
    same('rows kept', ordered.rows, rows);
  }
}
