/** Rows into a table through the engine's appender: no SQL text, no parse per row. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { toEngineValue } from './convert.ts';
import { toEngineType } from './engine-types.ts';
import type { Native } from './native.ts';
import type { SqlType } from './sql-type.ts';
import type { SqlValue } from './values.ts';

/** Rows held before they are handed to the engine: its own chunk's size. */
const chunkRows = 2048;

/**
 * Appends `rows` to `table` (up to three name parts), a chunk at a time, taking them as they are needed.
 *
 * @returns how many there were. @throws duckdb.unsupported-value, and the engine's own errors
 */
export async function appendChunks(
  native: typeof Native,
  connection: DuckDBConnection,
  table: readonly string[],
  types: readonly SqlType[],
  rows: AsyncIterable<readonly (SqlValue | Date)[]> | Iterable<readonly (SqlValue | Date)[]>,
): Promise<number> {
  const [name = '', schema = null, catalog = null] = [...table].reverse();
  const engineTypes = types.map((type) => toEngineType(native, type));
  const appender = await connection.createAppender(name, schema, catalog);
  let columns: DuckDBValue[][] = types.map(() => []);
  let count = 0;
  const flush = (): void => {
    const size = columns[0]?.length ?? 0;
    if (size === 0) return;
    const chunk = native.DuckDBDataChunk.create(engineTypes, size);
    columns.forEach((values, index) => {
      chunk.setColumnValues(index, values);
    });
    appender.appendDataChunk(chunk);
    columns = types.map(() => []);
  };
  try {
    for await (const row of rows) {
      for (let i = 0; i < types.length; i += 1) {
        (columns[i] as DuckDBValue[]).push(toEngineValue(native, row[i] ?? null, types[i]));
      }
      count += 1;
      if (count % chunkRows === 0) flush();
    }
    flush();
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
  return count;
}
