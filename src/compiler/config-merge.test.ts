import { describe, expect, it } from 'vitest';
import { hooksOf, mergeConfig } from './config-merge.ts';

function merge(...levels: Record<string, unknown>[]): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const level of levels) {
    mergeConfig(config, level, (key, problem) => {
      throw new Error(`${key} ${problem}`);
    });
  }
  return config;
}

describe('mergeConfig', () => {
  it.each([
    ['replaces most keys', [{ materialized: 'view' }, { materialized: 'table' }], { materialized: 'table' }],
    ['adds tags up', [{ tags: 'a' }, { tags: ['b', 'a'] }], { tags: ['a', 'b', 'a'] }],
    ['updates meta key by key', [{ meta: { a: 1, b: 1 } }, { meta: { b: 2 } }], { meta: { a: 1, b: 2 } }],
    ['knows both spellings of hooks', [{ pre_hook: 'a' }, { 'pre-hook': ['b'] }], { 'pre-hook': ['a', 'b'] }],
    [
      'replaces grants',
      [{ grants: { select: 'a' } }, { grants: { select: 'b' } }],
      { grants: { select: ['b'] } },
    ],
    [
      'extends grants after a plus',
      [{ grants: { select: 'a' } }, { grants: { '+select': 'b' } }],
      { grants: { select: ['a', 'b'] } },
    ],
  ])('%s', (_, levels, merged) => {
    expect(merge(...levels)).toEqual(merged);
  });

  it('does not change what a level holds', () => {
    const tags = ['a'];
    merge({ tags }, { tags: ['b'] });
    expect(tags).toEqual(['a']);
  });

  it('refuses a meta that is no mapping', () => {
    expect(() => merge({ meta: {} }, { meta: 'x' })).toThrow('meta has to be a mapping');
  });
});

describe('hooksOf', () => {
  it.each([
    ['a text', 'select 1', [{ sql: 'select 1', transaction: true, index: null }]],
    [
      'a mapping',
      { sql: 'vacuum', transaction: false },
      [{ sql: 'vacuum', transaction: false, index: null }],
    ],
    [
      'JSON in a text',
      '{"sql": "vacuum", "transaction": false}',
      [{ sql: 'vacuum', transaction: false, index: null }],
    ],
    ['Jinja that starts like JSON', '{{ m() }}', [{ sql: '{{ m() }}', transaction: true, index: null }]],
    ['nothing', null, []],
  ])('reads %s', (_, written, hooks) => {
    expect(hooksOf(written)).toEqual(hooks);
  });
});
