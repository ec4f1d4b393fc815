/** What a statement did to a Delta table, in a sentence. Pure. */
import type { StatementOutcome } from '../../workflows/index.ts';
import { counted, sizeText } from './amounts.ts';

/** `Updated 3 rows of orders, now at version 5`. @param table as the user named it. */
export function describeOutcome(outcome: StatementOutcome, table: string): string {
  const { changed, version } = outcome;
  if (!changed) {
    const what = unchanged[outcome.statement] ?? 'Nothing to change in';
    return `${what} ${table}, at version ${version}`;
  }
  const isNew = /^(?:create|clone|convert)$/.test(outcome.statement);
  return `${deed(outcome, table)}, ${isNew ? 'at' : 'now at'} version ${version}`;
}

const unchanged: Readonly<Record<string, string>> = {
  optimize: 'Nothing to rewrite in',
  purge: 'Nothing to purge in',
  vacuum: 'Nothing to delete in',
  create: 'Left as it was:',
  clone: 'Left as it was:',
  convert: 'Is a Delta table already:',
};

function deed(outcome: StatementOutcome, table: string): string {
  const count = (name: string): number => {
    const index = outcome.columns.findIndex((column) => column.name === name);
    return Number(outcome.rows[0]?.[index]?.text ?? 0);
  };
  const rows = (name: string): string => counted(count(name), 'row');
  switch (outcome.statement) {
    case 'delete':
      return isKnown(outcome)
        ? `Deleted ${rows('num_affected_rows')} from ${table}`
        : `Deleted from ${table}`;
    case 'update':
      return `Updated ${rows('num_affected_rows')} of ${table}`;
    case 'insert':
      return `Inserted ${rows('num_affected_rows')} into ${table}`;
    case 'merge':
      return `Merged into ${table}: ${rows('num_inserted_rows')} inserted, ${count('num_updated_rows')} updated, ${count('num_deleted_rows')} deleted`;
    case 'optimize':
    case 'purge':
      return rewritten(outcome, table);
    case 'vacuum':
      return `Vacuumed ${table}`;
    case 'restore':
      return `Restored ${table}: ${counted(count('num_restored_files'), 'file')} came back, ${count('num_removed_files')} went`;
    case 'clone':
      return `Cloned ${counted(count('source_num_of_files'), 'file')}, ${sizeText(count('source_table_size'))}, to ${table}`;
    case 'convert':
      return `Converted ${counted(count('num_converted_files'), 'file')} with ${rows('num_rows')} in ${table}`;
    case 'create':
      return `Made ${table}`;
    case 'alter':
      return `Changed ${table}`;
    case 'history':
    case 'detail':
      return `Read ${table}`;
  }
}

/** Whole files may go unread, and then nobody knows how many rows they had. */
function isKnown({ rows }: StatementOutcome): boolean {
  return rows[0]?.[0]?.text !== null;
}

interface Sizes {
  readonly totalFiles: number;
  readonly totalSize: number;
}

function rewritten({ rows }: StatementOutcome, table: string): string {
  const metrics = JSON.parse(rows[0]?.[1]?.json ?? '{}') as {
    readonly filesAdded: Sizes;
    readonly filesRemoved: Sizes;
  };
  const { filesAdded, filesRemoved } = metrics;
  const files = ({ totalFiles, totalSize }: Sizes): string =>
    `${counted(totalFiles, 'file')} (${sizeText(totalSize)})`;
  return `Rewrote ${files(filesRemoved)} of ${table} as ${files(filesAdded)}`;
}
