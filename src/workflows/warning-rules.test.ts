import { describe, expect, it } from 'vitest';
import { readWarningRules } from './warning-rules.ts';

const named = 'NoNodesForSelectionCriteria';
const deprecated = 'PackageRedirectDeprecation';

describe('readWarningRules', () => {
  it.each([
    ['nothing', undefined, named, 'warn'],
    ['{}', '{}', named, 'warn'],
    ['all', '{error: all}', named, 'error'],
    ['a star', "{error: '*'}", deprecated, 'error'],
    ['a name', `{error: [${named}]}`, named, 'error'],
    ['another name', '{error: [NothingToDo]}', named, 'warn'],
    ['our code', '{error: [compiler.nothing-selected]}', 'compiler.nothing-selected', 'error'],
    ['dbt’s name of our code', `{error: [${named}]}`, 'compiler.nothing-selected', 'error'],
    ['all but a name', `{error: all, warn: [${named}]}`, named, 'warn'],
    ['a silent name', `{error: all, silence: [${named}]}`, named, 'silence'],
    ['silence over warn', `{warn: [${named}], silence: [${named}], error: all}`, named, 'silence'],
    ['deprecations', '{error: [Deprecations]}', deprecated, 'error'],
    ['deprecations, and what is none', '{error: [Deprecations]}', named, 'warn'],
    ['a name over deprecations', `{silence: [Deprecations], error: [${deprecated}]}`, deprecated, 'error'],
    ['deprecations over all', '{error: all, silence: [Deprecations]}', deprecated, 'silence'],
    ['the older keys', `{include: all, exclude: [${named}]}`, named, 'warn'],
  ] as const)('with %s', (_, given, name, verdict) => {
    expect(readWarningRules(given, false).verdict(name)).toBe(verdict);
  });

  it('makes every warning an error under --warn-error', () => {
    expect(readWarningRules(undefined, true).verdict(named)).toBe('error');
  });

  it.each([
    '[',
    '[]',
    'all',
    '{error: Nope}',
    '{error: [Nope]}',
    '{error: [1]}',
    '{eror: all}',
    '{warn: all}',
  ])('refuses %s', (given) => {
    expect(() => readWarningRules(given, false)).toThrow(
      expect.objectContaining({ code: 'workflows.bad-warning-options' }),
    );
  });

  it('refuses options beside --warn-error', () => {
    expect(() => readWarningRules('{error: all}', true)).toThrow(/together with --warn-error/);
  });
});
