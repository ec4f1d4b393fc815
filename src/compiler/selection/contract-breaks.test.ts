import { describe, expect, it } from 'vitest';
import type { Manifest } from '../manifest.ts';
import { type ContractBreak, tellContractBreaks } from './contract-breaks.ts';

type Node = Record<string, unknown>;

const model = (columns: Node, more: Node = {}): Node => ({
  resource_type: 'model',
  version: null,
  contract: { enforced: true, checksum: JSON.stringify([columns, more]) },
  config: { materialized: 'table' },
  constraints: [],
  columns,
  ...more,
});
const column = (type: string, ...constraints: Node[]): Node => ({ data_type: type, constraints });
const manifestOf = (nodes: Node): Manifest => ({ nodes, disabled: {} }) as unknown as Manifest;

/** What is told when `before` has become `now`. */
function told(before: Node, now: Node | undefined): string[] {
  const warnings: ContractBreak[] = [];
  const nodes: Node = now === undefined ? {} : { 'model.p.m': now };
  tellContractBreaks(manifestOf(nodes), manifestOf({ 'model.p.m': before }), (one) => warnings.push(one));
  return warnings.map(({ message }) => message.replace(/^.* is broken: /, ''));
}

const before = model({ id: column('varchar(3)', { type: 'not_null' }), n: column('int') });

describe('a contract of an earlier run', () => {
  it.each([
    ['is as it was', before, []],
    ['has a column more', model({ ...(before['columns'] as Node), x: column('int') }), []],
    ['has a wider type', model({ id: column('VARCHAR(9)', { type: 'not_null' }), n: column('int') }), []],
    ['has lost a column', model({ id: column('varchar', { type: 'not_null' }) }), ['the column n is gone']],
    [
      'has another type and no constraint',
      model({ id: column('int'), n: column('int') }),
      ['the column id was varchar(3) and is int; the column id has lost its constraint not_null'],
    ],
    [
      'is no longer enforced',
      { ...before, contract: { enforced: false, checksum: null } },
      ['it is no longer enforced'],
    ],
    [
      'is a view',
      model(before['columns'] as Node, { config: { materialized: 'view' } }),
      ['it was a table, where constraints hold, and is a view'],
    ],
  ])('is told of when it %s', (_, now, expected) => {
    expect(told(before, now)).toEqual(expected);
  });

  it('may not be broken by a version', () => {
    expect(() => told({ ...before, version: 1 }, model({}))).toThrowError(
      expect.objectContaining({ code: 'compiler.broken-contract' }),
    );
  });
});
