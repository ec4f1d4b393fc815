/** Staged rows written once more, from their own files: no query runs twice. */
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { scanFiles } from '../read/scan-files.ts';
import { completeRows } from './complete-rows.ts';
import { type Staged, stageTable } from './stage-table.ts';
import type { WriteDraft } from './write-draft.ts';

/** The rows of `made` as `draft` wants them; what the table gives, as identity values, is given anew. */
export async function restaged(
  session: Session,
  storage: Storage,
  made: { readonly draft: WriteDraft; readonly staged: Staged },
  draft: WriteDraft,
): Promise<Staged> {
  const { shape } = made.draft;
  const before = {
    ...shape,
    table: storage.uri,
    version: 0,
    files: new Map(),
    tombstones: new Map(),
    transactions: new Map(),
    domains: new Map(),
    timestampMs: 0,
  };
  const scan = await scanFiles(before, storage, { files: made.staged.adds });
  const given = new Map(
    shape.schema.fields
      .filter((field) => made.draft.plan.sources.has(field.name))
      .map((field) => [field.name, `given.${quoteIdentifier(field.name)}`] as const),
  );
  const { select } = completeRows(storage.uri, draft.shape, given, { keepMissing: true });
  const { columns: _stale, ...request } = draft.request;
  return stageTable(session, storage, { ...request, query: `SELECT ${select} FROM (${scan.sql}) AS given` });
}
