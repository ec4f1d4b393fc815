/** The table that several scenarios begin from, written once a run. */
import { join } from 'node:path';
import { ours } from './processes.mjs';
import { wideRows } from './rows.mjs';

const made = new Map();

/**
 * A table of `rows` rows in order of their ids, in files of about `rows / 10` rows, with deletion vectors or
 * without. Not to be changed: scenarios work on copies.
 */
export function wideTable(folder, rows, vectors) {
  const table = join(folder, `wide-${rows}${vectors ? '-vectors' : ''}`);
  if (!made.has(table)) made.set(table, write(table, rows, vectors));
  return made.get(table);
}

async function write(table, rows, vectors) {
  const configuration = { 'delta.enableDeletionVectors': String(vectors) };
  await ours(
    `for (let part = 0; part < 10; part += 1) {
       await boathouse.writeDelta(input.table,
         { sql: 'select * from (' + input.rows + ') where id >= ' + part * input.each + ' and id < ' + (part + 1) * input.each + ' order by id' },
         { mode: 'append', ...(part === 0 ? { configuration: input.configuration } : {}) });
     }`,
    { table, rows: wideRows(rows), each: rows / 10, configuration },
  );
  return table;
}
