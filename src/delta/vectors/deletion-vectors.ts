/**
 * Deletion vectors: which rows of a data file are gone.
 *
 * Source: Delta protocol, "Deletion Vector Format"; the RoaringFormatSpec for the bitmaps inside.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { AddFile, DeletionVector } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { parseRoaring64 } from './roaring.ts';

/** Rows of a file that are deleted, by file key: positions counted from 0. */
export type DeletedRows = ReadonlyMap<string, readonly bigint[]>;

/**
 * The deleted rows of every live file that has some; undefined when none has.
 *
 * Costs one range request for each vector that stands in a file of its own.
 *
 * @throws delta.bad-deletion-vector
 */
export async function readDeletionVectors(
  snapshot: Snapshot,
  storage: Storage,
): Promise<DeletedRows | undefined> {
  const rows = new Map<string, readonly bigint[]>();
  for (const [key, file] of snapshot.files) {
    if (file.deletionVector === undefined) continue;
    rows.set(key, await readVector(file, file.deletionVector, storage));
  }
  return rows.size === 0 ? undefined : rows;
}

async function readVector(
  file: AddFile,
  vector: DeletionVector,
  storage: Storage,
): Promise<readonly bigint[]> {
  const bad = (problem: string, cause?: unknown): Error =>
    deltaErrors['bad-deletion-vector']({ table: storage.uri, file: file.path, problem }, { cause });
  let bytes: Uint8Array;
  if (vector.storageType === 'i') {
    bytes = decodeZ85(vector.pathOrInlineDv);
  } else if (vector.storageType === 'u') {
    bytes = await readFramed(vectorPath(vector.pathOrInlineDv), vector, storage, bad);
  } else {
    throw bad(`it stands outside the table (storage type ${vector.storageType})`);
  }
  let rows: bigint[];
  try {
    rows = parseVector(bytes);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error), error);
  }
  if (BigInt(rows.length) !== BigInt(vector.cardinality)) {
    throw bad(`it holds ${rows.length} rows, and the log says ${vector.cardinality}`);
  }
  return rows;
}

/** In a file each vector is framed by its size before and a checksum after, both big-endian. */
async function readFramed(
  path: string,
  vector: DeletionVector,
  storage: Storage,
  bad: (problem: string) => Error,
): Promise<Uint8Array> {
  const framed = await storage.readRange(path, vector.offset ?? 1, vector.sizeBytes + 8);
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  if (framed.length < vector.sizeBytes + 8) throw bad(`${path} is too short`);
  if (view.getUint32(0) !== vector.sizeBytes) throw bad(`${path} gives another size than the log`);
  const bytes = framed.subarray(4, 4 + vector.sizeBytes);
  if (view.getUint32(4 + vector.sizeBytes) !== crc32(bytes))
    throw bad(`the checksum in ${path} doesn't match`);
  return bytes;
}

/** `<prefix><20 characters of Z85>`: the UUID of the file, below a folder named by the prefix. */
function vectorPath(text: string): string {
  const prefix = text.slice(0, -20);
  const hex = Buffer.from(decodeZ85(text.slice(-20))).toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  const name = `deletion_vector_${uuid}.bin`;
  return prefix === '' ? name : `${prefix}/${name}`;
}

function parseVector(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== portableMagic) throw new Error(`the magic number is ${magic}`);
  return parseRoaring64(bytes.subarray(4));
}

const portableMagic = 1681511377;

/** Source: ZeroMQ RFC 32/Z85. */
function decodeZ85(text: string): Uint8Array {
  assert(text.length % 5 === 0, 'Z85 text comes in fives');
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (let i = 0; i < 5; i += 1) word = word * 85 + z85.indexOf(text[at + i] as string);
    view.setUint32((at / 5) * 4, word);
  }
  return bytes;
}

const z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
