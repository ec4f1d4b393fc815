/** UPDATE of one row that statistics lead to, and a scan for one key: what is opened, and what it costs. */
import { join } from 'node:path';
import { budget, same, sideBySide } from '../compare.mjs';
import { copied, deltaRs, ours } from '../processes.mjs';
import { wideTable } from '../wide-table.mjs';

export const title = 'one row of a large table';

const update = `
  const table = await boathouse.DeltaTable.open(input.table);
  const before = new Set(table.files().map((file) => file.path));
  const result = await meter(() => table.update({ set: { quantity: 'quantity + 1' }, where: 'id = ' + input.id }));
  const after = await boathouse.DeltaTable.open(input.table);
  return { added: after.files().filter((file) => !before.has(file.path)).length, metrics: result.metrics };`;

export async function run({ folder, quick }) {
  const rows = quick ? 100_000 : 5_000_000;
  const id = Math.floor(rows * 0.37);
  const plain = await wideTable(folder, rows, false);
  const theirs = quick
    ? undefined
    : await deltaRs(
        `table = DeltaTable(given["table"])
result["metrics"] = meter(lambda: table.update(updates={"quantity": "quantity + 1"}, predicate=f"id = {given['id']}"))`,
        { table: copied(plain, join(folder, 'update-by-delta-rs')), id },
      );
  const copying = await ours(update, { table: copied(plain, join(folder, 'update-copies')), id });
  sideBySide('UPDATE, copy on write', copying, theirs, '≤ 0.7×');
  same('rows updated', copying.metrics.numUpdatedRows, 1);
  budget('files added', copying.added, 1);
  const vectors = copied(await wideTable(folder, rows, true), join(folder, 'update-vectors'));
  const marked = await ours(update, { table: vectors, id });
  sideBySide('UPDATE, deletion vectors', marked, theirs, '≤ 0.7×');
  same('rows updated', marked.metrics.numUpdatedRows, 1);
  budget('files added', marked.added, 1);
  budget('rows copied', marked.metrics.numCopiedRows, 0);
}
