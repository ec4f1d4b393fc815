/** The parts of planning that need no table. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AddFile, field, primitive, type StructType } from '../../delta/index.ts';
import { Database, type Session } from '../../duckdb/index.ts';
import { splitPath } from './assignments.ts';
import {
  conjunctsOf,
  parseExpressions,
  printExpressions,
  type Scope,
  sideOf,
  type Tree,
} from './expressions.ts';
import { joinKeys } from './merge-pruning.ts';
import { evolvedSchema } from './merge-schema.ts';
import { rewriteGroups } from './rewrite-groups.ts';

let database: Database;
let session: Session;
beforeAll(async () => {
  database = await Database.open();
  session = await database.session();
});
afterAll(() => database.close());

const scope: Scope = {
  targetAlias: 't',
  sourceAlias: 's',
  targetColumns: ['id', 'g', 'only_t'],
  sourceColumns: ['id', 'g', 'only_s'],
};

async function treeOf(sql: string): Promise<Tree> {
  const [tree] = await parseExpressions(session, [{ what: 'it', sql }]);
  return tree as Tree;
}

describe('whose columns an expression reads', () => {
  it.each([
    ['1 + 2', 'none'],
    ['t.id > 3', 'target'],
    ['T.id', 'target'],
    ['s.id', 'source'],
    ['only_t', 'target'],
    ['lower(only_s)', 'source'],
    ['id', 'both'],
    ['t.id = s.id', 'both'],
    ['EXISTS (SELECT 1)', 'both'],
    ['t.id IN (SELECT 1)', 'both'],
    ['elsewhere.id', 'both'],
  ])('%s: %s', async (sql, side) => {
    expect(sideOf(await treeOf(sql), scope)).toBe(side);
  });
});

describe('the keys of a join', () => {
  it.each([
    ['t.id = s.id', ['id = "s"."id"']],
    ['s.id = t.id AND t.g >= s.g', ['id = "s"."id"', 'g >= "s"."g"']],
    ['s.g > t.g', ['g < "s"."g"']],
    ['t.id IS NOT DISTINCT FROM s.id', ['id IS NOT DISTINCT FROM "s"."id"']],
    ['t.id = abs(s.id) + 1', ['id = (abs(s.id) + 1)']],
    ['only_t = only_s', ['only_t = "only_s"']],
    ['t.id = s.id OR t.g = s.g', []],
    ['t.id + 1 = s.id', []],
    ['t.id = t.g', []],
    ['t.id = (SELECT max(1))', []],
    ['t.id = random() * s.id', []],
  ])('%s', async (sql, expected) => {
    const keys = await joinKeys(session, await treeOf(sql), scope);
    expect(keys.map(({ path, operator, source }) => `${path.join('.')} ${operator} ${source}`)).toEqual(
      expected,
    );
  });
});

describe('expressions', () => {
  it('come back from the engine as they were, numbers beyond 2^53 too', async () => {
    const [printed] = await printExpressions(session, [await treeOf('9223372036854775807 - s.id')]);
    expect(printed).toContain('9223372036854775807');
  });

  it('fall apart where all must hold', async () => {
    expect(conjunctsOf(await treeOf('t.a = 1 AND (t.b = 2 AND t.c = 3) AND (t.d OR t.e)'))).toHaveLength(4);
  });

  it.each(['1, 2', '1; SELECT 2', '1 FROM x', '*', '1 WHERE true', '(('])(
    'are refused when there is not one: %s',
    async (sql) => {
      await expect(parseExpressions(session, [{ what: 'it', sql }])).rejects.toMatchObject({
        code: 'tables.not-an-expression',
      });
    },
  );
});

describe('paths of columns', () => {
  it.each([
    ['a', ['a']],
    ['a.b.c', ['a', 'b', 'c']],
    ['"a.b".c', ['a.b', 'c']],
    ['`a``b`.c', ['a`b', 'c']],
    ['"say ""x"""', ['say "x"']],
  ])('%s', (text, parts) => {
    expect(splitPath(text)).toEqual(parts);
  });
});

describe('files written again', () => {
  const files = (...sizes: number[]): AddFile[] =>
    sizes.map((sizeBytes, i) => ({
      kind: 'add',
      path: `f${i}`,
      partitionValues: new Map(),
      sizeBytes,
      modifiedMs: 0,
      dataChange: true,
    }));
  it.each([
    ['large ones stay alone', [50, 60, 70], [[0], [1], [2]]],
    ['small ones go together, in order', [5, 5, 5, 5, 5, 5], [[0, 1, 2, 3, 4], [5]]],
    ['a large one ends a group', [5, 90, 5, 5], [[0], [1], [2, 3]]],
    ['none makes none', [], []],
  ])('%s', (_, sizes, groups) => {
    const touched = sizes.map((_size, index) => ({ index, rows: 1, rested: 1, live: 10 }));
    const made = rewriteGroups(touched, files(...sizes), 100);
    expect(made.map((group) => group.map(({ index }) => index))).toEqual(groups);
  });
});

describe('a schema that grows', () => {
  const schema: StructType = {
    kind: 'struct',
    fields: [
      field('Id', primitive('long')),
      field('s', { kind: 'struct', fields: [field('x', primitive('integer'))] }),
    ],
  };
  it('is the same object when the source brings nothing new', async () => {
    const source = await session.describe("SELECT 1 AS id, {'X': 1} AS S");
    expect(evolvedSchema(schema, source, 'all', () => undefined)).toBe(schema);
  });

  it('takes only what is wanted', async () => {
    const source = await session.describe(
      "SELECT 1 AS id, {'x': 1, 'y': 'a'} AS s, 1.5 AS more, true AS other",
    );
    const grown = evolvedSchema(schema, source, new Set(['s', 'more']), () => undefined);
    expect(grown.fields.map(({ name }) => name)).toEqual(['Id', 's', 'more']);
    expect(grown.fields[1]?.type).toMatchObject({ fields: [{ name: 'x' }, { name: 'y' }] });
  });
});
