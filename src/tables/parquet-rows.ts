/** Checkpoint files through DuckDB: Parquet to JSON rows and back. */

import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Json, parseJson, printJson } from '../base/index.ts';
import type { CheckpointPiece, CheckpointRow, ParquetRows, StructType } from '../delta/index.ts';
import { type Column, Database, quoteIdentifier, quoteLiteral, type Session } from '../duckdb/index.ts';
import type { Storage } from '../storage/index.ts';
import { duckdbTypeOf } from './delta-types.ts';
import { membersOf, type PackedColumn, packedRowSql, rareMembers } from './packed-actions.ts';
import { engineOptions, scratchDatabase, smallDatabase, withTemporaryFolder } from './scratch.ts';

/** The `ParquetRows` port, with DuckDB's Parquet reader and writer. Rows stream; a file is never whole on the heap when read. */
export const duckdbParquetRows: ParquetRows = {
  async *read(
    storage: Storage,
    file: string,
    columns: readonly string[] = actionColumns,
  ): AsyncGenerator<CheckpointRow, void, undefined> {
    const local = await storage.openLocal(file);
    try {
      yield* readLocal(local.path, columns);
    } finally {
      await local.release();
    }
  },

  async *readPieces(storage: Storage, file: string): AsyncGenerator<CheckpointPiece, void, undefined> {
    const local = await storage.openLocal(file);
    try {
      yield* readLocalPieces(local.path);
    } finally {
      await local.release();
    }
  },

  write(storage, file, schema, rows) {
    return withTemporaryFolder(async (folder) => {
      const json = path.join(folder, 'rows.ndjson');
      const parquet = path.join(folder, 'rows.parquet');
      const { longest, length } = await writeLines(json, rows);
      const query = `SELECT * FROM read_json(${quoteLiteral(json)}, format = 'newline_delimited', maximum_object_size = ${Math.max(longest, 1_048_576)}, columns = ${columnsSql(schema)})`;
      const database = await (length <= smallBytesMax ? smallDatabase() : scratchDatabase());
      await using session = await database.session();
      await session.run(`COPY (${query}) TO ${quoteLiteral(parquet)} (FORMAT parquet, COMPRESSION snappy)`);
      const bytes = await readFile(parquet);
      await storage.put(file, bytes);
      return { sizeBytes: bytes.length };
    });
  },
};

async function* readLocal(
  local: string,
  wanted: readonly string[],
): AsyncGenerator<CheckpointRow, void, undefined> {
  await using session = await (await scratchDatabase()).session();
  const source = `read_parquet(${quoteLiteral(local)}, hive_partitioning = false)`;
  const columns = await session.describe(`SELECT * FROM ${source}`);
  const kept = columns.filter(({ name }) => wanted.includes(name)).map(({ name }) => quoteIdentifier(name));
  if (kept.length === 0) return;
  const stream = session.stream(
    `SELECT to_json(actions)::VARCHAR FROM (SELECT ${kept.join(', ')} FROM ${source}) AS actions`,
  );
  for await (const [text] of stream) yield parseRow(text as string);
}

async function* readLocalPieces(local: string): AsyncGenerator<CheckpointPiece, void, undefined> {
  // The engine's threads share the work by row groups, and where there is but one, those without keep spinning.
  if ((await stat(local)).size <= smallBytesMax) return yield* readPiecesIn(await smallDatabase(), local);
  const shared = await scratchDatabase();
  if ((await rowGroups(shared, local)) > 1) return yield* readPiecesIn(shared, local);
  // Its own, closed afterwards, since a large file leaves much memory with the engine.
  await using own = await Database.open({ ...engineOptions(), threads: 1 });
  yield* readPiecesIn(own, local);
}

/** Up to this size a checkpoint, which has few row groups then, is read or written by one thread. */
const smallBytesMax = 8 * 1_048_576;

async function rowGroups(database: Database, local: string): Promise<number> {
  await using session = await database.session();
  return Number(
    await session.value(`SELECT num_row_groups FROM parquet_file_metadata(${quoteLiteral(local)})`),
  );
}

async function* readPiecesIn(
  database: Database,
  local: string,
): AsyncGenerator<CheckpointPiece, void, undefined> {
  await using session = await database.session();
  const source = `read_parquet(${quoteLiteral(local)}, hive_partitioning = false, file_row_number = true)`;
  const columns = await session.describe(`SELECT * FROM ${source}`);
  const known = columns.filter(({ name }) => actionColumns.includes(name));

  const others = known.filter(({ name }) => name !== 'add' && name !== 'remove');
  if (others.length > 0) {
    const names = others.map(({ name }) => quoteIdentifier(name));
    const isAny = names.map((name) => `${name} IS NOT NULL`).join(' OR ');
    const query = `SELECT to_json(actions)::VARCHAR FROM (SELECT ${names.join(', ')} FROM ${source} WHERE ${isAny}) AS actions`;
    for (const [text] of (await session.query(query)).rows)
      yield { kind: 'row', row: parseRow(text as string) };
  }

  const typedStats = await lacksTextStats(session, local, known);
  for (const { name, sqlType } of known) {
    const isAdd = name === 'add';
    const hasPath = membersOf(sqlType).some((member) => member.name === 'path');
    if ((!isAdd && name !== 'remove') || !hasPath) continue;
    const timeMember = isAdd ? 'modificationTime' : 'deletionTimestamp';
    const packed = { column: name, type: sqlType, timeMember, typedStats };
    for await (const bytes of readPacked(session, source, packed)) {
      yield { kind: isAdd ? 'adds' : 'removes', bytes };
    }
  }
}

async function* readPacked(
  session: Session,
  source: string,
  packed: PackedColumn,
): AsyncGenerator<Uint8Array, void, undefined> {
  const isFile = `${quoteIdentifier(packed.column)}.path IS NOT NULL`;
  const tests = rareMembers(packed);
  const counts = [...tests.values()].map((test) => `count(${test})`);
  // Counting first costs little, and saves looking at a million rows for what none of them has.
  const { rows } = await session.query(
    `SELECT ${['min(file_row_number)', 'max(file_row_number)', ...counts].join(', ')} FROM ${source} WHERE ${isFile}`,
  );
  const [first, last, ...present] = (rows[0] ?? []).map((value) => Number(value ?? -1));
  if (first === undefined || last === undefined || first < 0) return;
  const row = packedRowSql(packed, new Set([...tests.keys()].filter((_, i) => (present[i] ?? 0) > 0)));
  for (let start = first; start <= last; start += rowsAtOnce) {
    const isOne = last - first < rowsAtOnce;
    const within = isOne ? '' : `file_row_number BETWEEN ${start} AND ${start + rowsAtOnce - 1} AND `;
    // Not streamed: nothing comes before everything is grouped, and waiting for a stream keeps a core busy.
    const blocks = await session.query(
      `SELECT encode(string_agg(${row}, '')) FROM ${source} WHERE ${within}${isFile} GROUP BY file_row_number // ${rowsInBlock}`,
    );
    for (const [bytes] of blocks.rows) if (bytes instanceof Uint8Array) yield bytes;
  }
}

/**
 * Whether some file has its statistics in typed columns only. Where there is both, reading the typed ones for
 * nothing would cost more than all the rest, and the footer tells.
 */
async function lacksTextStats(session: Session, local: string, columns: readonly Column[]): Promise<boolean> {
  const add = columns.find(({ name }) => name === 'add');
  const names = add ? membersOf(add.sqlType).map(({ name }) => name) : [];
  if (!names.includes('stats_parsed') || !names.includes('stats')) return true;
  const nulls = (column: string): string =>
    `sum(stats_null_count) FILTER (path_in_schema = ${quoteLiteral(`add, ${column}`)})`;
  return (
    (await session.value(
      `SELECT ${nulls('path')} = ${nulls('stats')} FROM parquet_metadata(${quoteLiteral(local)})`,
    )) !== true
  );
}

/** Rows packed into one block, of about a megabyte. */
const rowsInBlock = 2048;
/** Rows packed in one go: what the engine holds of them at once, twice over, is bounded by it. */
const rowsAtOnce = 262_144;

/** The engine prints infinities and NaN, which statistics may hold, as JSON has no words for: they become null. */
function parseRow(text: string): CheckpointRow {
  const plain = /Infinity|NaN/.test(text)
    ? text.replace(
        /("(?:[^"\\]|\\.)*")|-?(?:Infinity|NaN)/g,
        (_, string: string | undefined) => string ?? 'null',
      )
    : text;
  return parseJson(plain) as Readonly<Record<string, Json>>;
}

/** The columns of checkpoints; others are extensions that readers skip. */
const actionColumns: readonly string[] = [
  'txn',
  'add',
  'remove',
  'metaData',
  'protocol',
  'domainMetadata',
  'sidecar',
  'checkpointMetadata',
];

function columnsSql(schema: StructType): string {
  const entries = schema.fields.map(
    (field) => `${quoteLiteral(field.name)}: ${quoteLiteral(duckdbTypeOf(field.type, field.name))}`,
  );
  return `{${entries.join(', ')}}`;
}

/** Writes the rows as lines of JSON; says how many bytes the longest has, and about how many there are. */
async function writeLines(
  file: string,
  rows: Iterable<CheckpointRow>,
): Promise<{ readonly longest: number; readonly length: number }> {
  const out = await open(file, 'w');
  try {
    let longest = 0;
    let written = 0;
    let lines: string[] = [];
    let length = 0;
    const flush = async (): Promise<void> => {
      if (lines.length > 0) await out.writeFile(lines.join(''));
      written += length;
      lines = [];
      length = 0;
    };
    for (const row of rows) {
      const line = `${printJson(row)}\n`;
      // A UTF-16 unit takes three bytes at most.
      longest = Math.max(longest, line.length * 3);
      lines.push(line);
      length += line.length;
      if (length > 1_000_000) await flush();
    }
    await flush();
    return { longest, length: written };
  } finally {
    await out.close();
  }
}
