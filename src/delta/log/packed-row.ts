/**
 * A file of a checkpoint as bytes: what a snapshot keeps of it outside the heap.
 *
 *     header   numbers as decimal digits, a space after each, a line feed after the last; nothing
 *              between two spaces stands for null
 *              bytes of: path, deletion vector's id, partition values, others, statistics;
 *              then size, time (of modification or deletion), data change (0 or 1), and 0 where the path
 *              means the same decoded and not: it has no `%`, `:`, `//` or `/.`, and begins with neither `/` nor `.`
 *     body     path as the log spells it; the vector's id as `deletionVectorId`; partition values as a JSON
 *              object; the action's other members as a JSON object; statistics as they are
 *
 * Source: Delta protocol, "Add File and Remove File".
 */
import { isAscii } from 'node:buffer';
import { type Json, parseJson } from '../../base/index.ts';
import { parseFileExtras } from '../action-json.ts';
import type { AddFile, PartitionValues, RemoveFile } from '../actions.ts';
import { decodeFilePath, leavesFolder } from '../file-paths.ts';
import { isObject, MalformedAction, Members } from '../json-members.ts';

/** Rows, one behind the other, each with a header. */
export class PackedBlock {
  readonly bytes: Buffer;
  /** Of the same bytes. */
  readonly view: DataView;
  /** Named in errors. */
  readonly source: string;
  readonly #encoding: 'latin1' | 'utf8';

  constructor(bytes: Uint8Array, source: string) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.source = source;
    this.#encoding = isAscii(bytes) ? 'latin1' : 'utf8';
  }

  text(start: number, end: number): string {
    return this.bytes.toString(this.#encoding, start, end);
  }
}

/** Where the parts of one row are. Reused from row to row: reading a million of them makes no garbage. */
export class RowCursor {
  block: PackedBlock;
  pathStart = 0;
  vectorStart = 0;
  partitionsStart = 0;
  extrasStart = 0;
  statsStart = 0;
  /** Where the next row begins. */
  end = 0;
  hasStats = false;
  size: number | undefined;
  time: number | undefined;
  dataChange: number | undefined;
  /** Whether the path means what it says, and need not be decoded. */
  isPlain = false;
  #at = 0;

  constructor(block: PackedBlock) {
    this.block = block;
  }

  /** Moves to the row that begins at `start`. @throws MalformedAction when it isn't one */
  read(block: PackedBlock, start: number): void {
    this.block = block;
    this.#at = start;
    const pathLength = this.#number(space);
    const vectorLength = this.#number(space);
    const partitionsLength = this.#number(space);
    const extrasLength = this.#number(space);
    const statsLength = this.#number(space);
    this.size = this.#number(space);
    this.time = this.#number(space);
    this.dataChange = this.#number(space);
    this.isPlain = this.#number(lineFeed) === 0;
    if (pathLength === undefined) throw new MalformedAction('path is missing');
    this.pathStart = this.#at;
    this.vectorStart = this.pathStart + pathLength;
    this.partitionsStart = this.vectorStart + (vectorLength ?? 0);
    this.extrasStart = this.partitionsStart + (partitionsLength ?? 0);
    this.statsStart = this.extrasStart + (extrasLength ?? 0);
    this.hasStats = statsLength !== undefined;
    this.end = this.statsStart + (statsLength ?? 0);
    if (this.end > block.bytes.length) throw new MalformedAction('the row is cut short');
  }

  /** `fileKey` of the row's file. @throws MalformedAction */
  key(): string {
    const path = this.path(this.logPath());
    return this.vectorStart === this.partitionsStart
      ? path
      : `${path}\0${this.block.text(this.vectorStart, this.partitionsStart)}`;
  }

  /** `AddFile.path` of the row's `logPath`. @throws MalformedAction */
  path(logPath: string): string {
    if (this.isPlain) return logPath;
    const path = decodeFilePath(logPath);
    if (path === undefined) throw new MalformedAction(`path is not a well-formed URI: ${logPath}`);
    if (leavesFolder(path)) throw new MalformedAction(`path leaves the table's folder: ${logPath}`);
    return path;
  }

  logPath(): string {
    return this.block.text(this.pathStart, this.vectorStart);
  }

  #number(after: number): number | undefined {
    const { bytes } = this.block;
    let at = this.#at;
    const isNegative = bytes[at] === minus;
    if (isNegative) at += 1;
    const first = at;
    let value = 0;
    for (; ; at += 1) {
      const digit = (bytes[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (bytes[at] !== after) throw new MalformedAction('a number of it makes no sense');
    this.#at = at + 1;
    if (at === first) return undefined;
    return isNegative ? -value : value;
  }
}

const zero = 48;
const minus = 45;
const space = 32;
const lineFeed = 10;

/** The added file in `row`. @throws MalformedAction, SyntaxError */
export function unpackAdd(row: RowCursor): AddFile {
  const { block, size } = row;
  const logPath = row.logPath();
  if (size === undefined) throw new MalformedAction(`add.size of ${logPath} is missing`);
  const path = row.path(logPath);
  const partitionValues = unpackPartitions(row) ?? new Map<string, string | null>();
  const modifiedMs = row.time ?? 0;
  const dataChange = row.dataChange !== 0;
  const file = {
    kind: 'add',
    path,
    logPath,
    partitionValues,
    sizeBytes: size,
    modifiedMs,
    dataChange,
  } as const;
  if (!row.hasStats) return withExtras(row, file);
  const stats = withoutInfinities(block.text(row.statsStart, row.end));
  // Spelled out, since there are millions: copying an object costs more than all the rest.
  return withExtras(row, {
    kind: 'add',
    path,
    logPath,
    partitionValues,
    sizeBytes: size,
    modifiedMs,
    dataChange,
    stats,
  });
}

/** The removed file in `row`. @throws MalformedAction, SyntaxError */
export function unpackRemove(row: RowCursor): RemoveFile {
  const { size, time } = row;
  const logPath = row.logPath();
  const partitionValues = unpackPartitions(row);
  return withExtras(row, {
    kind: 'remove',
    path: row.path(logPath),
    logPath,
    dataChange: row.dataChange !== 0,
    ...(time === undefined ? {} : { deletedAtMs: time }),
    ...(partitionValues === undefined ? {} : { partitionValues }),
    ...(size === undefined ? {} : { sizeBytes: size }),
  });
}

function unpackPartitions(row: RowCursor): PartitionValues | undefined {
  if (row.partitionsStart === row.extrasStart) return undefined;
  const text = row.block.text(row.partitionsStart, row.extrasStart);
  const known = partitions.get(text);
  if (known) return known;
  const json: Json = parseJson(text);
  const values = new Members('add', { partitionValues: json }).optionalMap('partitionValues') ?? new Map();
  // Tables have far fewer partitions than files, and equal values may as well be the same object.
  if (partitions.size >= partitionsMax) partitions.clear();
  partitions.set(text, values);
  return values;
}

const partitions = new Map<string, PartitionValues>();
const partitionsMax = 4096;

function withExtras<T extends AddFile | RemoveFile>(row: RowCursor, file: T): T {
  if (row.extrasStart === row.statsStart) return file;
  const json = parseJson(row.block.text(row.extrasStart, row.statsStart));
  if (!isObject(json)) throw new MalformedAction(`${file.kind} is not an object`);
  return { ...file, ...parseFileExtras(new Members(file.kind, json)) };
}

/** The engine prints infinities and NaN of typed statistics, which JSON has no words for: they become null. */
function withoutInfinities(stats: string): string {
  if (!stats.includes('Infinity') && !stats.includes('NaN')) return stats;
  return stats.replace(
    /("(?:[^"\\]|\\.)*")|-?(?:Infinity|NaN)/g,
    (_, string: string | undefined) => string ?? 'null',
  );
}
