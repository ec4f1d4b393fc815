/** What callers without a type checker may give: an error that names it, and nothing written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../base/index.ts';
import { DeltaTable } from './delta-table.ts';
import { writeDelta } from './write/write-delta.ts';

let root: string;
let table: DeltaTable;
beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'boathouse-given-'));
  table = await DeltaTable.create(path.join(root, 't'), { schema: 'id BIGINT, name STRING' });
  await table.append([
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
  ]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As JavaScript gives it. */
type Given = never;
const given = (value: unknown): Given => value as Given;
const merge = () => table.merge({ source: [{ id: 1 }], on: 'source.id = target.id' });

const refusals: readonly (readonly [name: string, call: () => unknown, says: RegExp])[] = [
  ['a misspelt where of a delete', () => table.delete(given({ were: 'id = 1' })), /were.*nothing but where/],
  ['a delete whose where nobody set', () => table.delete(given({ where: undefined })), /delete\.where/],
  ['a delete of null', () => table.delete(given(null)), /delete is 'null'/],
  ['a delete with a list', () => table.delete(given(['id = 1'])), /delete is 'a list'/],
  ['an update of nothing', () => table.update(given(undefined)), /update is 'undefined'/],
  ['an update without set', () => table.update(given({ where: 'id = 1' })), /update\.set/],
  [
    'an update whose where nobody set',
    () => table.update(given({ set: { id: '1' }, where: undefined })),
    /update\.where/,
  ],
  ['a number in place of SQL', () => table.update({ set: { id: given(5) } }), /update\.set\.id is '5'/],
  ['a path that is none', () => DeltaTable.open(given(undefined)), /a text is needed/],
  ['an empty path', () => DeltaTable.open(''), /it is empty/],
  ['a version that is none', () => DeltaTable.open(table.uri, { version: Number.NaN }), /version is 'NaN'/],
  ['a version as a text', () => table.asOf({ version: given('1') }), /options\.version is '1'/],
  ['a time that is null', () => table.asOf({ timestamp: given(null) }), /timestamp is 'null'/],
  ['a time that is no day', () => table.restore({ timestamp: new Date(Number.NaN) }), /an invalid Date/],
  ['a time beyond all', () => table.changes({ fromTimestamp: 2 ** 60 }), /fromTimestamp/],
  ['columns that are no list', () => table.toRows({ columns: given('id') }), /rows\.columns is 'id'/],
  ['a limit below none', () => table.toRows({ limit: -1 }), /limit is '-1'/],
  ['a limit of a history', () => table.history({ limit: given('x') }), /history\.limit/],
  ['a signal that is none', () => table.delete('id = 1', { signal: given(1) }), /options\.signal/],
  ['a clock that is none', () => table.append([{ id: 3 }], { clock: given({}) }), /options\.clock/],
  ['options that are null', () => table.append([{ id: 3 }], given(null)), /options is 'null'/],
  ['bytes that aren’t Arrow', () => table.append(new Uint8Array(3)), /no whole Arrow IPC stream/],
  ['bytes of garbage', () => table.append(new Uint8Array(64).fill(7)), /no whole Arrow IPC stream/],
  [
    'a batch without a version',
    () => table.append([{ id: 3 }], { transaction: given({ appId: 'a' }) }),
    /version/,
  ],
  [
    'partition columns as one text',
    () => create({ schema: 'id INT', partitionBy: 'id' }),
    /partitionBy is 'id'/,
  ],
  ['a column without a type', () => create({ schema: [{ name: 'id' }] }), /schema\[0\]\.type/],
  [
    'a type that is none',
    () => create({ schema: [{ name: 'id', type: { kind: 'list' } }] }),
    /schema\[0\]\.type/,
  ],
  [
    'a type that holds itself',
    () => create({ schema: [{ name: 'id', type: endless() }] }),
    /schema\[0\]\.type/,
  ],
  [
    'properties that are no texts',
    () => create({ schema: 'id INT', properties: { a: 1 } }),
    /properties\.a is '1'/,
  ],
  ['no change', () => table.alter(given(undefined)), /alter is 'undefined'/],
  ['a change of no kind', () => table.alter(given({ kind: 'add-colum' })), /'add-column' or/],
  ['a change without its column', () => table.alter(given({ kind: 'add-column' })), /alter\.column/],
  [
    'a change of a column called 5',
    () => table.alter({ kind: 'drop-not-null', column: given(5) }),
    /alter\.column/,
  ],
  ['a list with a change missing', () => table.alter([given(null)]), /alter\[0\] is 'null'/],
  ['upkeep of no kind', () => table.maintain({ steps: [given({ kind: 'x' })] }), /steps\[0\]\.kind/],
  ['a merge of nothing', () => table.merge(given(undefined)), /merge is 'undefined'/],
  ['a merge with a misspelt name', () => table.merge(given({ source: [], on: 'true', alias: 's' })), /alias/],
  ['a clause without columns', () => merge().whenMatchedUpdate(given(undefined)), /whenMatchedUpdate/],
  [
    'a clause with a condition',
    () => merge().whenMatchedDelete(given({ condition: 'false' })),
    /nothing but when/,
  ],
  ['a number of hours that is none', () => table.vacuum({ retentionHours: Number.NaN }), /retentionHours/],
  ['a dry run that may be one', () => table.vacuum({ dryRun: given('false') }), /dryRun is 'false'/],
  [
    'a condition with a quote too many',
    () => table.delete("name = 'a"),
    /^(?!.*__boathouse)(?!.*SELECT).*unterminated quoted/s,
  ],
  [
    'a value with a quote too many',
    () => table.update({ set: { name: "'a' || 'b" }, where: 'id = 1' }),
    /^(?!.*__boathouse)(?!.*SELECT).*unterminated quoted/s,
  ],
  ['a comment without an end', () => table.delete('id = 1 /* and'), /^(?!.*__boathouse)(?!.*SELECT)/s],
  [
    'a condition on rows with a quote too many',
    () => table.toRows({ where: 'name = "a' }),
    /^(?!.*__boathouse)/s,
  ],
  [
    'a mode that is an object',
    () => writeDelta(table.uri, [{ id: 3 }], given({ mode: {} })),
    /mode is 'an object'/,
  ],
  ['an order by a number', () => table.optimize({ zOrderBy: [given(1)] }), /zOrderBy\[0\]/],
];

const create = (spec: unknown): unknown => DeltaTable.create(path.join(root, 'new'), given(spec));

function endless(): unknown {
  const list: Record<string, unknown> = { kind: 'array', containsNull: true };
  list['elementType'] = list;
  return list;
}

describe('a table refuses', () => {
  it.each(refusals)('%s', async (_, call, says) => {
    const error = await (async () => await call())().then(
      () => expect.unreachable('it was taken'),
      (thrown: unknown) => thrown,
    );
    expect(isBoathouseError(error), String(error)).toBe(true);
    expect((error as Error).message).toMatch(says);
    expect(readdirSync(root)).toEqual(['t']);
    expect((await table.refresh()).version).toBe(1);
  });

  it('a misspelt name with the one that was meant', async () => {
    await expect(table.delete(given({ wher: 'id = 1' }))).rejects.toMatchObject({
      code: 'tables.bad-option',
      hint: expect.stringContaining("Did you mean 'where'?"),
    });
  });
});
