/** What we do to a table, each on a handle opened for it, as a program of its own would. */

import { deleteRows } from '../../src/tables/dml/delete-rows.ts';
import { mergeRows } from '../../src/tables/dml/merge-rows.ts';
import type { MergeSpec } from '../../src/tables/dml/merge-spec.ts';
import { updateRows } from '../../src/tables/dml/update-rows.ts';
import { TableHandle } from '../../src/tables/index.ts';
import { writeDelta } from '../../src/tables/write/write-delta.ts';

/** Appends the rows of a query. */
export async function insertInto(table: string, sql: string): Promise<void> {
  await writeDelta(table, { sql }, { mode: 'append' });
}

/** Deletes rows. */
export async function deleteFrom(table: string, where: string): Promise<void> {
  await deleteRows(await TableHandle.open(table), undefined, { where });
}

/** Updates rows. */
export async function updateTable(
  table: string,
  set: Readonly<Record<string, string>>,
  where: string,
): Promise<void> {
  await updateRows(await TableHandle.open(table), undefined, { set, where });
}

/** Merges rows. */
export async function mergeInto(table: string, spec: MergeSpec): Promise<void> {
  await mergeRows(await TableHandle.open(table), undefined, spec);
}
