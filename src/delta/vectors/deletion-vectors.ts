/**
 * Deletion vectors: which rows of a data file are gone.
 *
 * Small ones stand in the log itself, as text; the others of one commit share one file, framed by their
 * size and a checksum. Nothing about them is believed: a vector that doesn't match its size, checksum or
 * count is damaged, since its rows would come back.
 *
 * Source: Delta protocol, "Deletion Vectors", "Deletion Vector Format".
 */
import { crc32 } from 'node:zlib';
import { isBoathouseError, type Random } from '../../base/index.ts';
import { openBeside, type Storage } from '../../storage/index.ts';
import { type AddFile, type DeletionVector, fileKey } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { decodeFilePath, isAbsoluteFilePath } from '../file-paths.ts';
import { RowSet } from './row-set.ts';
import { decodeZ85, encodeZ85 } from './z85.ts';

/** Rows of a file that are deleted, by `fileKey`. */
export type DeletedRows = ReadonlyMap<string, RowSet>;

/**
 * The deleted rows of those of `files` that have a deletion vector.
 *
 * Costs one range request for each vector that stands in a file.
 *
 * @throws delta.bad-deletion-vector, storage.*
 */
export async function readDeletionVectors(files: Iterable<AddFile>, storage: Storage): Promise<DeletedRows> {
  const wanted: { key: string; file: AddFile; vector: DeletionVector }[] = [];
  for (const file of files) {
    if (file.deletionVector) wanted.push({ key: fileKey(file), file, vector: file.deletionVector });
  }
  const rows = new Map<string, RowSet>();
  for (let next = 0; next < wanted.length; next += readsMax) {
    const batch = wanted.slice(next, next + readsMax);
    const read = await Promise.all(batch.map(({ file, vector }) => readVector(file, vector, storage)));
    batch.forEach(({ key }, i) => {
      rows.set(key, read[i] as RowSet);
    });
  }
  return rows;
}

/** Vectors read at once. */
const readsMax = 16;

/** Vectors as written: how the log names each, and the file that holds them, where one was needed. */
export interface WrittenVectors {
  /** By the same keys as the rows that were given. */
  readonly vectors: ReadonlyMap<string, DeletionVector>;
  /** Relative to the table's folder; undefined when all of them stand in the log. */
  readonly path: string | undefined;
}

/**
 * Writes the vectors of one commit; nobody sees them before it is made.
 *
 * Costs nothing when all are small, else one write, however many there are.
 *
 * @param rows by any key; none of them empty.
 */
export async function writeDeletionVectors(
  storage: Storage,
  rows: ReadonlyMap<string, RowSet>,
  random: Random,
): Promise<WrittenVectors> {
  const vectors = new Map<string, DeletionVector>();
  const framed: { key: string; body: Uint8Array; cardinality: number }[] = [];
  let inlineLeft = inlineTotalBytesMax;
  for (const [key, set] of rows) {
    const body = printVector(set);
    if (body.length <= inlineBytesMax && body.length <= inlineLeft) {
      inlineLeft -= body.length;
      const pathOrInlineDv = encodeZ85(body);
      vectors.set(key, { storageType: 'i', pathOrInlineDv, sizeBytes: body.length, cardinality: set.size });
    } else {
      framed.push({ key, body, cardinality: set.size });
    }
  }
  if (framed.length === 0) return { vectors, path: undefined };

  const uuid = random.uuid();
  const pathOrInlineDv = encodeZ85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
  const bytes = new Uint8Array(framed.reduce((sum, { body }) => sum + body.length + frameBytes, 1));
  const view = new DataView(bytes.buffer);
  bytes[0] = formatVersion;
  let offset = 1;
  for (const { key, body, cardinality } of framed) {
    view.setUint32(offset, body.length);
    bytes.set(body, offset + 4);
    view.setUint32(offset + 4 + body.length, crc32(body));
    vectors.set(key, { storageType: 'u', pathOrInlineDv, offset, sizeBytes: body.length, cardinality });
    offset += body.length + frameBytes;
  }
  const path = vectorFile(uuid);
  // The name is new, so replacing can only repeat an attempt whose reply was lost.
  await storage.put(path, bytes);
  return { vectors, path };
}

/** Vectors up to this size stand in the log. */
const inlineBytesMax = 256;
/** So many bytes of them in one commit; checkpoints carry them along. */
const inlineTotalBytesMax = 4096;
const formatVersion = 1;
/** The size before a vector and the checksum after it. */
const frameBytes = 8;
const portableMagic = 1681511377;
const nativeMagic = 1681511376;

/**
 * The file that `vector` stands in, relative to the table's folder or, as data files have it, a URI; undefined for
 * one in the log.
 *
 * @param file the data file whose rows it is about, for errors.
 * @throws delta.bad-deletion-vector when its text names no file
 */
export function vectorPath(vector: DeletionVector, file = 'a data file'): string | undefined {
  try {
    return pathOf(vector);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw deltaErrors['bad-deletion-vector']({ table: 'the table', file, problem }, { cause });
  }
}

function pathOf(vector: DeletionVector): string | undefined {
  const text = vector.pathOrInlineDv;
  switch (vector.storageType) {
    case 'i':
      return undefined;
    case 'p':
      return isAbsoluteFilePath(text) ? decodeFilePath(text) : decodeFilePath(`/${text}`);
    case 'u': {
      const prefix = text.slice(0, -20);
      const hex = Buffer.from(decodeZ85(text.slice(-20))).toString('hex');
      if (hex.length !== 32) throw new Error(`'${text}' names no file`);
      const name = vectorFile(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
      return prefix === '' ? name : `${prefix}/${name}`;
    }
    default:
      throw new Error(`its storage type is ${vector.storageType}`);
  }
}

function vectorFile(uuid: string): string {
  return `deletion_vector_${uuid}.bin`;
}

async function readVector(file: AddFile, vector: DeletionVector, storage: Storage): Promise<RowSet> {
  try {
    const path = pathOf(vector);
    const body =
      path === undefined
        ? decodeZ85(vector.pathOrInlineDv).subarray(0, vector.sizeBytes)
        : await readFramed(path, vector, storage);
    const rows = parseVector(body);
    if (BigInt(rows.size) !== BigInt(vector.cardinality)) {
      throw new Error(`it holds ${rows.size} rows, and the log says ${vector.cardinality}`);
    }
    return rows;
  } catch (cause) {
    if (isBoathouseError(cause) && cause.retryable) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw deltaErrors['bad-deletion-vector']({ table: storage.uri, file: file.path, problem }, { cause });
  }
}

/** In a file each vector is framed by its size before and a checksum after, both big-endian. */
async function readFramed(path: string, vector: DeletionVector, storage: Storage): Promise<Uint8Array> {
  const { sizeBytes } = vector;
  if (!(sizeBytes >= 0 && sizeBytes <= vectorBytesMax)) throw new Error(`its size is given as ${sizeBytes}`);
  const [where, name] = vector.storageType === 'p' ? absolute(storage, path) : [storage, path];
  const start = vector.offset ?? 0;
  let framed = await where.readRange(name, start, sizeBytes + frameBytes + 1);
  // Without an offset a file's only vector is meant, which stands behind the format's version.
  if (vector.offset === undefined && framed[0] === formatVersion) framed = framed.subarray(1);
  if (framed.length < sizeBytes + frameBytes) throw new Error(`${path} is too short`);
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  if (view.getUint32(0) !== sizeBytes) throw new Error(`${path} gives another size than the log`);
  const body = framed.subarray(4, 4 + sizeBytes);
  if (view.getUint32(4 + sizeBytes) !== crc32(body)) throw new Error(`the checksum in ${path} doesn't match`);
  return body;
}

/** Far above what a file's rows could need. */
const vectorBytesMax = 2 ** 31 - 1;

/** An absolute path is a URI, in a folder of its own: shallow clones name the vectors of their source so. */
function absolute(storage: Storage, uri: string): readonly [Storage, string] {
  const slash = uri.lastIndexOf('/');
  return [openBeside(storage, uri.slice(0, slash + 1)), decodeURIComponent(uri.slice(slash + 1))];
}

function parseVector(body: Uint8Array): RowSet {
  if (body.length < 4) throw new Error('it is cut short');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const magic = view.getUint32(0, true);
  if (magic === nativeMagic) return RowSet.parse(asPortable(body.subarray(4), true));
  if (view.getUint32(0) === nativeMagic) return RowSet.parse(asPortable(body.subarray(4), false));
  if (magic !== portableMagic) throw new Error(`the magic number is ${magic}`);
  return RowSet.parse(body.subarray(4));
}

/**
 * The older format, which the protocol's own example of a vector in the log still has: how many bitmaps,
 * then each behind its length, in the order of their keys. That example has these numbers the other way
 * round than programs write them.
 */
function asPortable(body: Uint8Array, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const word = (at: number): number => {
    if (at + 4 > body.length) throw new Error('it is cut short');
    return view.getUint32(at, isLittleEndian);
  };
  const count = word(0);
  const parts: Uint8Array[] = [Uint8Array.from([...wordBytes(count), 0, 0, 0, 0])];
  let at = 4;
  for (let key = 0; key < count; key += 1) {
    const length = word(at);
    parts.push(wordBytes(key), body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}

function wordBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function printVector(rows: RowSet): Uint8Array {
  const bitmap = rows.serialize();
  const body = new Uint8Array(4 + bitmap.length);
  new DataView(body.buffer).setUint32(0, portableMagic, true);
  body.set(bitmap, 4);
  return body;
}
