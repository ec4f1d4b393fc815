import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../storage/index.ts';
import { type Action, type AddFile, removeOf } from '../actions.ts';
import { createTestTable, testAdd, testMetadata, testProtocol } from '../contract.ts';
import { RowSet } from '../vectors/row-set.ts';
import { findConflicts, isolationOf, type ReadSet, type VectorChange } from './conflicts.ts';
import type { RowChange } from './row-changes.ts';

/** A live file of each of two days. */
const a = testAdd('a', { day: '1' });
const b = testAdd('b', { day: '2' });
const ours = testAdd('ours', { day: '1' });
const theirs = (day: string, dataChange = true): AddFile => ({ ...testAdd('theirs', { day }), dataChange });

/** Reads one day, and the file of it. */
const day = (which: '1' | '2', more: Partial<Exclude<ReadSet, string>> = {}): ReadSet => ({
  mayHold: (file) => file.partitionValues.get('day') === which,
  files: new Set([which === '1' ? 'a' : 'b']),
  ...more,
});
const remove = (file: AddFile, dataChange = true): Action => removeOf(file, 1, dataChange);
const blind: Action = { kind: 'commit-info', body: { isBlindAppend: true } };
const transaction = (appId: string, version: number): Action => ({ kind: 'transaction', appId, version });
const domain = (name: string): Action => ({
  kind: 'domain',
  domain: name,
  configuration: '',
  removed: false,
});
const compacted = testAdd('compacted', { day: '1' });

interface Case {
  readonly read: ReadSet;
  readonly actions: readonly Action[];
  readonly winner: readonly Action[];
  readonly serializable?: boolean;
}

const harmless: [string, Case][] = [
  ['an append over an append', { read: 'none', actions: [ours], winner: [blind, theirs('1')] }],
  ['an append over a removal', { read: 'none', actions: [ours], winner: [remove(a)] }],
  [
    'an append over rows that were rewritten',
    { read: 'none', actions: [ours], winner: [remove(a), theirs('1')] },
  ],
  [
    'an append over a compaction',
    { read: 'none', actions: [ours], winner: [remove(a, false), theirs('1', false)] },
  ],
  [
    'a delete over a blind append',
    { read: day('1'), actions: [remove(a), ours], winner: [blind, theirs('1')] },
  ],
  [
    'a delete over new rows elsewhere',
    { read: day('1'), actions: [remove(a)], winner: [theirs('2')], serializable: true },
  ],
  [
    'a delete over a delete elsewhere',
    { read: day('1'), actions: [remove(a)], winner: [remove(b)], serializable: true },
  ],
  [
    'a delete over a compaction elsewhere',
    {
      read: day('1'),
      actions: [remove(a)],
      winner: [remove(b, false), theirs('1', false)],
      serializable: true,
    },
  ],
  [
    'a compaction over new rows',
    {
      read: day('1'),
      actions: [remove(a, false), { ...compacted, dataChange: false }],
      winner: [theirs('1')],
      serializable: true,
    },
  ],
  [
    'a compaction over a compaction elsewhere',
    { read: day('1'), actions: [remove(a, false)], winner: [remove(b, false), theirs('2', false)] },
  ],
  ['two applications', { read: 'none', actions: [transaction('app', 1)], winner: [transaction('other', 2)] }],
  ['two domains', { read: 'none', actions: [domain('d')], winner: [domain('e')] }],
  [
    'row ids that were given',
    { read: 'none', actions: [domain('d')], winner: [domain('delta.rowTracking')] },
  ],
  [
    'a file described anew that nobody touches',
    { read: day('1'), actions: [ours], winner: [{ ...a, dataChange: false, baseRowId: 0 }] },
  ],
  [
    'commit info, change files and the unknown',
    { read: 'whole-table', actions: [ours], winner: [blind, { kind: 'unknown', name: 'x', body: 1 }] },
  ],
];

const inTheWay: [string, Case][] = [
  ['an append over new metadata', { read: 'none', actions: [ours], winner: [testMetadata()] }],
  ['an append over a new protocol', { read: 'none', actions: [ours], winner: [testProtocol] }],
  [
    'a compaction over new metadata',
    { read: day('1'), actions: [remove(a, false)], winner: [testMetadata()] },
  ],
  [
    'an overwrite over a blind append',
    { read: 'whole-table', actions: [remove(a), ours], winner: [blind, theirs('2')] },
  ],
  [
    'an overwrite of a part over a blind append to it',
    { read: day('1', { seesAppends: true }), actions: [remove(a), ours], winner: [blind, theirs('1')] },
  ],
  ['an overwrite over a removal', { read: 'whole-table', actions: [remove(b)], winner: [remove(a)] }],
  [
    'an overwrite over a compaction',
    { read: 'whole-table', actions: [remove(b)], winner: [remove(a, false)] },
  ],
  [
    'a delete over a blind append, when serializable',
    { read: day('1'), actions: [remove(a), ours], winner: [blind, theirs('1')], serializable: true },
  ],
  [
    'new metadata over a blind append to what it read',
    { read: day('1'), actions: [testMetadata()], winner: [blind, theirs('1')] },
  ],
  [
    'a delete over rows that depend on others',
    { read: day('1'), actions: [remove(a)], winner: [theirs('1')] },
  ],
  [
    'a delete over what says it is blind and removes',
    { read: day('1'), actions: [ours], winner: [blind, remove(b), theirs('1')] },
  ],
  ['two removals of one file', { read: day('1'), actions: [remove(a)], winner: [remove(a)] }],
  [
    'two compactions of one file',
    { read: day('1'), actions: [remove(a, false)], winner: [remove(a, false)] },
  ],
  [
    'a compaction over a delete in its file',
    { read: day('1'), actions: [remove(a, false)], winner: [remove(a)] },
  ],
  [
    'a compaction over rows deleted by position in its file',
    { read: day('1'), actions: [remove(a, false)], winner: [remove(a), withVector(a)] },
  ],
  ['a removal of a file that was read', { read: day('2'), actions: [ours], winner: [remove(b)] }],
  ['a compaction of a file that was read', { read: day('2'), actions: [ours], winner: [remove(b, false)] }],
  [
    'a vector changed in a file that was read',
    { read: day('2'), actions: [ours], winner: [remove(b), withVector(b)] },
  ],
  [
    'a removed file described anew',
    { read: day('1'), actions: [remove(a)], winner: [{ ...a, dataChange: false }] },
  ],
  [
    'one application twice',
    { read: 'none', actions: [transaction('app', 1)], winner: [transaction('app', 2)] },
  ],
  ['one domain twice', { read: 'none', actions: [domain('d')], winner: [domain('d')] }],
];

describe('what others committed meanwhile', () => {
  it.each(harmless)('is harmless: %s', async (_, given) => {
    expect(await conflictsOf(given)).toEqual([]);
  });

  it.each(inTheWay)('is in the way: %s', async (_, given) => {
    expect(await conflictsOf(given)).not.toEqual([]);
  });

  it('is always in the way of a table that is created', () => {
    expect(
      findConflicts({ snapshot: undefined, actions: [], rowChanges: [], read: 'none' }, []),
    ).toHaveLength(1);
  });
});

describe('rows deleted by position', () => {
  const rows = (...positions: number[]): RowSet => RowSet.of(positions);
  const replaced: Action[] = [remove(a), withVector(a)];
  it.each([
    ['other rows of the file', { deleted: rows(1) }, { gone: rows(2), back: rows() }, replaced, 0],
    ['the same row', { deleted: rows(1, 2) }, { gone: rows(2), back: rows() }, replaced, 1],
    [
      'a row that was looked at',
      { deleted: rows(1), read: rows(2) },
      { gone: rows(2), back: rows() },
      replaced,
      1,
    ],
    ['rows that came back', { deleted: rows(1) }, { gone: rows(), back: rows(5) }, replaced, 2],
    ['the whole file, removed', { deleted: rows(1) }, undefined, [remove(a)], 1],
    ['the whole file, compacted', { deleted: rows(1) }, undefined, [remove(a, false), theirs('2', false)], 1],
    ['what is known of the file', { deleted: rows(1) }, undefined, [{ ...a, dataChange: false }], 1],
  ] satisfies [string, Omit<RowChange, 'file'>, VectorChange | undefined, Action[], number][])(
    'meet a commit that changed %s',
    async (_, change, found, winner, conflicts) => {
      const changes = new Map(found ? [['a', found]] : []);
      const given = { read: day('1'), actions: [], winner };
      expect(await conflictsOf(given, [{ file: a, ...change }], changes)).toHaveLength(conflicts);
    },
  );

  it.each([
    ['the whole table', 'whole-table'],
    ['every row of its files', { mayHold: () => true, files: new Set(['a']), everyRow: true }],
  ] satisfies [string, ReadSet][])('lose to others of a file when they rest on %s', async (_, read) => {
    const changes = new Map([['a', { gone: rows(2), back: rows() }]]);
    const change = [{ file: a, deleted: rows(1) }];
    expect(await conflictsOf({ read, actions: [], winner: replaced }, change, changes)).toHaveLength(1);
  });

  it('leave readers of other rows of a file alone when the rows they looked for are elsewhere', async () => {
    const read: ReadSet = { mayHold: () => true, files: new Set() };
    const changes = new Map([['a', { gone: rows(2), back: rows() }]]);
    expect(await conflictsOf({ read, actions: [ours], winner: replaced }, [], changes)).toEqual([]);
    const restored = new Map([['a', { gone: rows(), back: rows(2) }]]);
    expect(await conflictsOf({ read, actions: [ours], winner: replaced }, [], restored)).toHaveLength(1);
  });
});

describe('the isolation level', () => {
  it.each([
    ['of what changes rows is that of the table', [ours], {}, 'WriteSerializable'],
    ['may be set by the table', [ours], { 'delta.isolationLevel': 'Serializable' }, 'Serializable'],
    [
      'of what only rearranges is lower',
      [remove(a, false)],
      { 'delta.isolationLevel': 'Serializable' },
      'SnapshotIsolation',
    ],
    ['of what touches no file is that of the table', [domain('d')], {}, 'WriteSerializable'],
  ] satisfies [string, Action[], Record<string, string>, string][])(
    '%s',
    async (_, actions, properties, level) => {
      const snapshot = await createTestTable(new MemoryStorage(), properties);
      expect(isolationOf({ snapshot, actions, rowChanges: [] })).toBe(level);
    },
  );
});

async function conflictsOf(
  { read, actions, winner, serializable }: Case,
  rowChanges: readonly RowChange[] = [],
  changes: ReadonlyMap<string, VectorChange> = new Map(),
): Promise<string[]> {
  const properties: Record<string, string> = serializable ? { 'delta.isolationLevel': 'Serializable' } : {};
  const table = await createTestTable(new MemoryStorage(), properties);
  const files = new Map([
    ['a', a],
    ['b', b],
  ]);
  return findConflicts({ snapshot: { ...table, files }, actions, rowChanges, read }, winner, changes);
}

function withVector(file: AddFile): AddFile {
  return {
    ...file,
    deletionVector: { storageType: 'u', pathOrInlineDv: 'x', offset: 1, sizeBytes: 1, cardinality: 1 },
  };
}
