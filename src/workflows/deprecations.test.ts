import { describe, expect, it } from 'vitest';
import { Deprecations, deprecatedOptions, summaryText } from './deprecations.ts';

describe('deprecations of a run', () => {
  it('are told once of each kind, and counted', () => {
    const deprecations = new Deprecations(false);
    const told = [
      { code: 'project.deprecated-source-paths' },
      { code: 'compiler.missing-arguments', occurrences: 3 },
      { code: 'project.deprecated-source-paths' },
      { code: 'project.duplicate-key' },
      { code: 'compiler.unknown-config' },
      { code: 'compiler.unknown-config' },
    ].map((warning) => deprecations.tells(warning));
    expect(told).toEqual([true, true, false, true, true, true]);
    expect(deprecations.summaries).toEqual([
      { event_name: 'ConfigSourcePathDeprecation', event_code: 'D003', occurrences: 2 },
      { event_name: 'MissingArgumentsPropertyInGenericTestDeprecation', event_code: 'D039', occurrences: 3 },
      { event_name: 'DuplicateYAMLKeysDeprecation', event_code: 'D024', occurrences: 1 },
    ]);
    expect(summaryText(deprecations.summaries.slice(0, 1), false)).toBe(
      'The project or the command says things in ways that dbt gives up: ConfigSourcePathDeprecation (2 times). --show-all-deprecations tells of each',
    );
  });

  it('are all told when that is asked for', () => {
    const deprecations = new Deprecations(true);
    expect([1, 2].map(() => deprecations.tells({ code: 'compiler.itertools' }))).toEqual([true, true]);
  });

  it.each([
    [{}, {}, []],
    [{ modelsOption: true }, {}, ['workflows.models-option']],
    [{ warnErrorOptions: '{include: all}' }, {}, ['workflows.include-exclude']],
    [{ warnErrorOptions: '{error: [NothingToDo]}' }, {}, []],
    [{}, { warn_error_options: { exclude: ['NothingToDo'] } }, ['workflows.include-exclude']],
  ])('may be in what a command was asked: %j, %j', (options, flags, codes) => {
    expect(deprecatedOptions(options, flags).map(({ code }) => code)).toEqual(codes);
  });
});
