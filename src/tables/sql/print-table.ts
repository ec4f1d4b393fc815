/** Tables as SQL names them. */
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import type { TableRef } from './statement.ts';

/** A table as a query names it. Pure. */
export function printTable(table: TableRef): string {
  if (table.kind === 'path') return `delta.${quoteLiteral(table.uri)}`;
  return table.parts.map(quoteIdentifier).join('.');
}
