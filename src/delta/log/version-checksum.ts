/**
 * Version checksums: what a writer says the state of a version comes to, beside the commit.
 *
 * Source: Delta protocol, "Version Checksum File", "State Validation".
 */
import { type Json, parseJson, printJson } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { actionJson } from '../action-json.ts';
import { deltaErrors } from '../errors.ts';
import { isEnabled } from '../features.ts';
import { bytesOf } from './file-set.ts';
import { checksumPath } from './log-files.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Holds `snapshot` against the checksum of its version. A checksum that can't be read says nothing, and what
 * it doesn't state isn't compared.
 *
 * Costs one request.
 *
 * @throws delta.corrupt-log when the state isn't the one that was committed.
 */
export async function verifyChecksum(storage: Storage, snapshot: Snapshot): Promise<void> {
  const path = checksumPath(snapshot.version);
  const stated = await readChecksum(storage, path);
  if (stated === undefined) return;
  const compare = (what: string, actual: number | string, expected: Json | undefined): void => {
    if (expected === undefined || expected === null || String(expected) === String(actual)) return;
    throw deltaErrors['corrupt-log'](
      {
        table: storage.uri,
        problem: `its files and commits come to ${what} ${actual}, and ${path} states ${expected}`,
      },
      { location: { file: path } },
    );
  };
  compare('a number of files of', snapshot.files.size, stated['numFiles']);
  compare('a size in bytes of', String(bytesOf(snapshot.files)), stated['tableSizeBytes']);
  compare('the table id', snapshot.metadata.id, memberOf(stated['metadata'], 'id'));
  const { minReaderVersion, minWriterVersion } = snapshot.protocol;
  compare('the reader version', minReaderVersion, memberOf(stated['protocol'], 'minReaderVersion'));
  compare('the writer version', minWriterVersion, memberOf(stated['protocol'], 'minWriterVersion'));
}

/**
 * Writes the checksum of `snapshot` unless its version has one. Best effort: a version is complete without.
 *
 * Costs one conditional create. Nothing is read.
 *
 * @param txnId names the commit, where that is known.
 */
export async function writeChecksum(storage: Storage, snapshot: Snapshot, txnId?: string): Promise<void> {
  const keepsTime = isEnabled(snapshot, 'inCommitTimestamp');
  // It must state the commit's own time, if there is one.
  if (keepsTime && snapshot.inCommitTimestampMs === undefined) return;
  const bodies = (actions: Iterable<Parameters<typeof actionJson>[0]>): Json[] =>
    Array.from(actions, (action) => Object.values(actionJson(action))[0] as Json);
  const checksum = {
    txnId,
    tableSizeBytes: bytesOf(snapshot.files),
    numFiles: snapshot.files.size,
    numMetadata: 1,
    numProtocol: 1,
    inCommitTimestampOpt: keepsTime ? snapshot.inCommitTimestampMs : undefined,
    setTransactions: bodies(snapshot.transactions.values()),
    domainMetadata: bodies(snapshot.domains.values()),
    metadata: bodies([snapshot.metadata])[0],
    protocol: bodies([snapshot.protocol])[0],
  };
  const bytes = new TextEncoder().encode(printJson(checksum));
  await storage.putIfAbsent(checksumPath(snapshot.version), bytes).catch(() => undefined);
}

async function readChecksum(
  storage: Storage,
  path: string,
): Promise<Readonly<Record<string, Json>> | undefined> {
  try {
    const body = parseJson(new TextDecoder().decode(await storage.read(path)));
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, Json>)
      : undefined;
  } catch {
    // Readers go on without one; trouble with storage shows itself elsewhere.
    return undefined;
  }
}

function memberOf(json: Json | undefined, name: string): Json | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, Json>)[name]
    : undefined;
}
