/** A compaction of chosen files, as plain as can be: rows rewritten as they are, into one file. */
import { type AddFile, fileKey, isEnabled, removeOf, type Snapshot } from '../../src/delta/index.ts';
import { Database } from '../../src/duckdb/index.ts';
import { scanFiles, stageTable, type TableHandle, transact } from '../../src/tables/index.ts';

/** Writes the files that `choose` names anew. Says which version that made; undefined when there is nothing to do. */
export async function compact(
  handle: TableHandle,
  choose: (files: readonly AddFile[]) => readonly AddFile[],
): Promise<number | undefined> {
  await using database = await Database.open();
  await using session = await database.session();
  return await transact<number | undefined>(
    handle,
    {},
    async (snapshot: Snapshot) => {
      const files = choose([...snapshot.files.values()]);
      if (files.length < 2) return { kind: 'nothing', result: undefined };
      const rowTracking = isEnabled(snapshot, 'rowTracking');
      const { sql } = await scanFiles(snapshot, handle.storage, { files, rowTracking });
      const staged = await stageTable(session, handle.storage, {
        query: sql,
        shape: snapshot,
        dataChange: false,
        checks: 'skip',
      });
      const removes = files.map((file) => ({ ...removeOf(file, Date.now()), dataChange: false }));
      return {
        kind: 'commit',
        draft: {
          actions: [...removes, ...staged.adds],
          operation: { name: 'OPTIMIZE' },
          read: { mayHold: () => false, files: new Set(files.map(fileKey)) },
          result: ({ version }) => version,
          discard: () => staged.discard(),
        },
      };
    },
    () => undefined,
  );
}
