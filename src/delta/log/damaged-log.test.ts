/** Logs whose files were torn, cut, swapped, lost or flipped: the right answer, or an error that names what is wrong. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock, isBoathouseError, type Random, seededRandom } from '../../base/index.ts';
import { LocalStorage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../../tables/index.ts';
import { type Action, removeOf } from '../actions.ts';
import { putCommit, testAdd, testMetadata } from '../contract.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { compactLog } from './compact-log.ts';
import { commitPath } from './log-files.ts';
import { readSnapshot } from './read-snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import { writeChecksum } from './version-checksum.ts';

const rows = duckdbParquetRows;
const clock = fixedClock(0);
const runs = Number(process.env['BOATHOUSE_FUZZ_RUNS'] ?? 15);

describe.each([
  ['of the first version', {}],
  [
    'of the second version',
    { 'delta.checkpointPolicy': 'v2', 'delta.checkpoint.writeStatsAsStruct': 'true' },
  ],
] as const)('a damaged log with checkpoints %s', (_, configuration) => {
  const root = mkdtempSync(path.join(tmpdir(), 'boathouse-damaged-'));
  const whole = path.join(root, 'whole');
  let expected: ReadonlyMap<number, string>;

  beforeAll(async () => {
    const storage = new LocalStorage(whole);
    await putCommit(storage, 0, [protocol, testMetadata(configuration), testAdd('f0')]);
    for (let version = 1; version <= 12; version += 1) {
      const removed = version > 3 ? [removeOf(testAdd(`f${version - 3}`), Date.now())] : [];
      const add = {
        ...testAdd(`f${version}`),
        sizeBytes: 100 + version * version,
        stats: `{"numRecords":${version}}`,
      };
      await putCommit(storage, version, [
        { kind: 'transaction', appId: 'a', version },
        ...removed,
        add,
        testAdd(`g${version}`),
      ]);
    }
    const states = new Map<number, string>();
    for (let version = 0; version <= 12; version += 1) {
      const snapshot = await readSnapshot(storage, { rows, version });
      states.set(version, stateOf(snapshot));
      if (version === 4 || version === 9) {
        await writeCheckpoint(storage, snapshot, rows, Date.now(), { sidecarRowsMax: 5 });
      }
      await writeChecksum(storage, snapshot);
    }
    await compactLog(storage, 5, 8);
    expected = states;
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** A copy of the table with the commits before `first` cleaned up, where there is one. */
  function copyOf(name: string, first = 0): LocalStorage {
    const folder = path.join(root, name);
    rmSync(folder, { recursive: true, force: true });
    cpSync(whole, folder, { recursive: true });
    for (let version = 0; version < first; version += 1) rmSync(path.join(folder, commitPath(version)));
    return new LocalStorage(folder);
  }

  it.each(['cut', 'lost', 'swapped', 'zeroed', 'garbage', 'repeated'] as const)(
    'with files that were %s gives the right answer or says what is wrong',
    async (kind) => {
      let answers = 0;
      for (let seed = 0; seed < runs; seed += 1) {
        const random = seededRandom(seed * 7 + kind.length);
        const storage = copyOf('copy', pick(random, [0, 0, 4, 5]));
        const done = damage(path.join(root, 'copy', '_delta_log'), kind, random);
        const version = pick(random, [undefined, undefined, 12, 10, 9, 6]);
        const outcome = await outcomeOf(storage, version);
        const right = expected.get(version ?? 12);
        // Cutting off the end of the log takes versions away; what is left of it is what was committed then.
        const isEarlier =
          version === undefined && kind === 'lost' && [...expected.values()].includes(outcome);
        if (outcome === right || isEarlier) answers += 1;
        else expect([seed, done, outcome]).toEqual([seed, done, expect.stringMatching(complaint)]);
      }
      expect(answers).toBeGreaterThan(0);
    },
  );

  it('with bits that were flipped is read, or refused with a code', async () => {
    for (let seed = 0; seed < runs; seed += 1) {
      const random = seededRandom(1000 + seed);
      const storage = copyOf('copy', pick(random, [0, 4]));
      const done = damage(path.join(root, 'copy', '_delta_log'), 'flipped', random);
      const outcome = await outcomeOf(storage, pick(random, [undefined, 12, 9, 6]));
      // A flipped letter of a name or a property is another name or property: nothing tells.
      if (!outcome.startsWith('{'))
        expect([seed, done, outcome]).toEqual([seed, done, expect.stringMatching(complaint)]);
    }
  });

  type Kind = 'cut' | 'lost' | 'swapped' | 'zeroed' | 'garbage' | 'repeated' | 'flipped';

  /** Damages one to three files of the log; says which. */
  function damage(folder: string, kind: Kind, random: Random): string {
    const names = (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => name.includes('.') || name.startsWith('_last'))
      .sort();
    const hit: string[] = [];
    for (let count = 1 + Math.floor(random.fraction() * 3); count > 0; count -= 1) {
      const name = pick(random, names);
      const file = path.join(folder, name);
      let bytes: Buffer;
      try {
        bytes = readFileSync(file);
      } catch {
        continue;
      }
      hit.push(name);
      const at = Math.floor(random.fraction() * bytes.length);
      switch (kind) {
        case 'lost':
          rmSync(file);
          break;
        case 'cut':
          // Inside a line: a commit that was cut between two of them looks whole.
          writeFileSync(file, bytes.subarray(0, bytes[at - 1] === 10 || bytes[at] === 10 ? at - 2 : at));
          break;
        case 'swapped': {
          const other = path.join(folder, pick(random, names));
          try {
            const others = readFileSync(other);
            writeFileSync(other, bytes);
            writeFileSync(file, others);
          } catch {
            // The other one is gone.
          }
          break;
        }
        case 'zeroed':
          writeFileSync(file, Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]));
          break;
        case 'garbage':
          writeFileSync(
            file,
            Buffer.concat([bytes.subarray(0, at), Buffer.from('\u0001}{"'), bytes.subarray(at)]),
          );
          break;
        case 'repeated':
          writeFileSync(file, Buffer.concat([bytes, bytes]));
          break;
        case 'flipped':
          for (let flips = 0; flips < 4; flips += 1) {
            const where = Math.floor(random.fraction() * bytes.length);
            bytes[where] = (bytes[where] ?? 0) ^ (1 << Math.floor(random.fraction() * 8));
          }
          writeFileSync(file, bytes);
          break;
      }
    }
    return hit.join(', ');
  }
});

const protocol: Action = {
  kind: 'protocol',
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['v2Checkpoint'],
  writerFeatures: ['v2Checkpoint'],
};

/** An error of ours that names a file, or that says which versions there are. */
const complaint =
  /^delta\.(?:corrupt-log|outside-table|bad-schema) .*\.(?:json|parquet|crc)|^delta\.no-such-version |^delta\.(?:not-a-table|outside-table|bad-schema) /s;

async function outcomeOf(storage: LocalStorage, version: number | undefined): Promise<string> {
  try {
    return stateOf(
      await readSnapshot(storage, { rows, clock, ...(version === undefined ? {} : { version }) }),
    );
  } catch (error) {
    if (isBoathouseError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
}

/** What readers get of a table. */
function stateOf(snapshot: Snapshot): string {
  const files = [...snapshot.files.values()]
    .map((file) => [file.path, file.sizeBytes, file.modifiedMs, file.stats ?? ''].join(' '))
    .sort();
  const { metadata, protocol: needs } = snapshot;
  return JSON.stringify({
    files,
    id: metadata.id,
    schema: metadata.schemaString,
    needs: needs.readerFeatures,
  });
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random.fraction() * choices.length)] as T;
}
