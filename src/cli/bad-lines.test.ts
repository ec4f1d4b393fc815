/**
 * Command lines that nobody should write: whatever the words, the answer is an error of ours, and nothing of the project
 * is changed by a command that only looks.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../base/index.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { commands } from './commands/index.ts';
import { invoke } from './invoke.ts';
import { globalOptions } from './options.ts';
import { readCommandLine } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-bad-lines-'));
const shop = join(folder, 'shop');
const env = { PATH: process.env['PATH'] };
const lines = Number(process.env['BOATHOUSE_FUZZ_LINES'] ?? 150);

beforeAll(() => invoke(['init', shop], { env }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const all: readonly CommandSpec[] = commands.flatMap((one) => ('commands' in one ? one.commands : [one]));
/** Commands that only look, and end by themselves. */
const looking = [
  'ls',
  'compile',
  'show',
  'parse',
  'plan',
  'log',
  'diff',
  'branch list',
  'query',
  'table history',
];

/** Values that have broken programs before. */
const values = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    'NaN',
    '99999999999999999999',
    'true',
    'null',
    '{}',
    '[]',
    '[',
    '{a',
  ),
  fc.constantFrom(
    '{a: 1}',
    '{a: {b: [1]}}',
    '!!js/function x',
    '&a *a',
    '*',
    '+',
    '@',
    '1+',
    '+1',
    ',',
    'a,',
    '..',
    '/',
  ),
  fc.constantFrom(
    'state:modified',
    'tag:',
    'config.x:',
    'path:../..',
    'source:',
    'result:error',
    'selector:x',
    'a+b+c',
  ),
  fc.constantFrom(
    'select 1',
    'select',
    ';',
    'drop table x',
    '{{',
    '{{ ref() }}',
    '{% raw %}',
    '--',
    '-',
    '--x',
    '-x',
  ),
  fc.constantFrom(
    '../../etc/passwd',
    '\0',
    '\u001b[2J',
    '💥',
    'é',
    '\n',
    "'",
    '"',
    '`id`',
    '$(id)',
    'json',
    'text',
  ),
  fc.constantFrom(
    'error',
    '{"error": "all"}',
    '{"error": ["Nope"]}',
    '{"warn": 1}',
    '2020-01-01',
    '2020-13-01',
    '3 days',
  ),
  fc.string({ maxLength: 12 }),
);

function words(spec: OptionSpec): fc.Arbitrary<readonly string[]> {
  const names = spec.flags.match(/-{1,2}[\w-]+/g) ?? ['--x'];
  const takes = /[<[]/.test(spec.flags);
  const name = fc.constantFrom(...names);
  const value = spec.choices === undefined ? values : fc.oneof(values, fc.constantFrom(...spec.choices));
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(name, value).map(([n, v]) => (takes ? [n, v] : [n])) },
    { weight: 1, arbitrary: fc.tuple(name, value).map(([n, v]) => [`${n}=${v}`]) },
    { weight: 1, arbitrary: name.map((n) => [n]) },
  );
}

function lineOf(specs: readonly CommandSpec[]): fc.Arbitrary<readonly string[]> {
  return fc.constantFrom(...specs).chain((spec) => {
    const options = [...spec.options, ...globalOptions];
    const option = fc.constantFrom(...options).chain(words);
    const positional = fc.array(values, { maxLength: 2 });
    return fc
      .tuple(positional, fc.array(option, { maxLength: 4 }))
      .map(([args, given]) => [...spec.name.split(' '), ...args, ...given.flat()]);
  });
}

/** What the project's own files are, and the state of what has been built. */
function stateOf(dir: string): string {
  const hash = createHash('sha256');
  const visit = (at: string): void => {
    for (const name of readdirSync(at).sort()) {
      if (['target', 'logs'].includes(name)) continue;
      const path = join(at, name);
      if (statSync(path).isDirectory()) visit(path);
      else hash.update(`${path}\0${readFileSync(path, 'hex')}\0`);
    }
  };
  visit(dir);
  return hash.digest('hex');
}

describe('a command line of any words', () => {
  it('is understood, or refused with an error of ours', () => {
    fc.assert(
      fc.property(fc.oneof(lineOf(all), fc.array(values, { maxLength: 5 })), (argv) => {
        try {
          readCommandLine(argv, {}, { columns: 80 });
        } catch (error) {
          if (!isBoathouseError(error)) throw error;
          expect(error.message).not.toMatch(/\n\s+at /);
        }
      }),
      { numRuns: lines * 5 },
    );
  });

  it('is refused with an error of ours where the environment is what is odd', () => {
    const names = globalOptions.flatMap(({ env: name }) => (name === undefined ? [] : [name]));
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom('DBT_', 'DBT_ENGINE_'),
        values,
        (name, prefix, value) => {
          try {
            readCommandLine(['ls'], { [prefix + name]: value }, { columns: 80 });
          } catch (error) {
            if (!isBoathouseError(error)) throw error;
          }
        },
      ),
      { numRuns: lines * 3 },
    );
  });

  it('changes nothing of the project when the command only looks, and prints no stack trace', async () => {
    const before = stateOf(folder);
    const looks = all.filter(({ name }) => looking.includes(name));
    const place = ['--project-dir', shop, '--profiles-dir', shop, '--target-path', join(shop, 'target')];
    const logs = ['--log-path', join(shop, 'logs')];
    await fc.assert(
      fc.asyncProperty(lineOf(looks), async (line) => {
        const printed: string[] = [];
        // The places come last: they win over what the line says of them.
        const argv = line.includes('--') ? line : [...line, ...place, ...logs];
        if (
          argv === line ||
          argv.includes('--output') ||
          argv.some((word) => /^(?:-r|--record|--output=)/.test(word))
        )
          return;
        const { exitCode, error } = await invoke(argv, { env, onOutput: (text) => printed.push(text) });
        expect([0, 1, 2]).toContain(exitCode);
        if (error !== undefined && !isBoathouseError(error)) throw error;
        const isDebug = argv.some((word) => /^-d|^--debug/.test(word));
        if (!isDebug) expect(printed.join('')).not.toMatch(/\n\s+at .+:\d+:\d+/);
      }),
      { numRuns: lines, endOnFailure: false },
    );
    expect(stateOf(folder)).toBe(before);
  }, 600_000);
});
