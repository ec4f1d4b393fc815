import { describe, expect, it } from 'vitest';
import { commands } from './commands/index.ts';
import { type Asked, readCommandLine } from './program.ts';

type Env = Record<string, string>;

function read(line: string, env: Env = {}): Asked {
  return readCommandLine(
    line.split(' ').filter((part) => part !== ''),
    env,
    { columns: 100 },
  );
}

function flagsOf(line: string, env: Env = {}) {
  const asked = read(line, env);
  if (asked.kind !== 'command') throw new Error(asked.text);
  return asked.flags;
}

describe('readCommandLine', () => {
  it.each(['build -t prod -s a', '-t prod build -s a', 'build -s a -t prod'])(
    'takes global options before and after the command: %s',
    (line) => {
      const flags = flagsOf(line);
      expect(flags.text('target')).toBe('prod');
      expect(flags.texts('select')).toEqual(['a']);
    },
  );

  it.each([
    ['several after one option', 'build --select a b', ['a', 'b']],
    ['the option repeated', 'build -s a --select b', ['a', 'b']],
    ['dbt’s old name', 'build -m a', undefined],
  ])('reads a selection given as %s', (_, line, expected) => {
    const flags = flagsOf(line);
    expect(flags.texts('select')).toEqual(expected);
    if (expected === undefined) expect(flags.texts('models')).toEqual(['a']);
  });

  it.each([
    ['DBT_TARGET', 'target', 'prod', 'prod'],
    ['DBT_ENGINE_TARGET', 'target', 'prod', 'prod'],
    ['DBT_FULL_REFRESH', 'fullRefresh', 'true', true],
    ['DBT_FAIL_FAST', 'failFast', '0', false],
    ['DBT_THREADS', 'threads', '3', 3],
    ['DBT_ARTIFACT_STATE_PATH', 'state', 'old', 'old'],
    ['DBT_INDIRECT_SELECTION', 'indirectSelection', 'cautious', 'cautious'],
  ])('takes %s from the environment', (variable, name, text, expected) => {
    const flags = flagsOf('build', { [variable]: text });
    expect(flags.is(name) ?? flags.number(name) ?? flags.text(name)).toBe(expected);
  });

  it('lets the line win over the environment', () => {
    expect(flagsOf('build --target dev', { DBT_TARGET: 'prod' }).text('target')).toBe('dev');
    expect(flagsOf('build --no-fail-fast', { DBT_FAIL_FAST: '1' }).is('failFast')).toBe(false);
  });

  it('refuses words that are no switch in the environment', () => {
    expect(() => flagsOf('build', { DBT_FULL_REFRESH: 'perhaps' })).toThrow(
      /DBT_FULL_REFRESH.*true or false/,
    );
  });

  it.each([
    '--export-saved-queries',
    '--defer',
    '--no-defer',
    '--favor-state',
    '--state x',
    '--defer-state y',
    '--no-populate-cache',
    '--printer-width 80',
    '--no-send-anonymous-usage-stats',
    '--no-version-check',
  ])('accepts dbt’s %s', (option) => {
    expect(read(`build ${option}`).kind).toBe('command');
  });

  it.each([
    ['a misspelt flag', 'build --selct x', "unknown option '--selct'", '--select'],
    ['a misspelt command', 'biuld', "unknown command 'biuld'", 'build'],
    ['an argument too many', 'build x', 'too many arguments', '--help'],
    ['a missing argument', 'land x', "missing required argument 'table'", '--help'],
    ['a value that is no choice', 'query x --format xml', "'xml' is invalid", '--help'],
    ['help on nothing', 'help nonsense', 'no such command', '--help'],
  ])('says what is wrong with %s, and what to do', (_, line, message, hint) => {
    expect(() => read(line)).toThrow(
      expect.objectContaining({
        code: 'cli.usage',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
        exitCode: 2,
      }),
    );
  });

  it('refuses a number that is none', () => {
    expect(() => read('build --threads many')).toThrow(/--threads: 'many' is not a whole number/);
  });

  it('prints the version and help as text', () => {
    expect(read('--version')).toMatchObject({ kind: 'text', text: expect.stringMatching(/^boathouse \d/) });
    expect(read('-V').kind).toBe('text');
    expect(read('')).toMatchObject({ kind: 'text', text: expect.stringContaining('Commands:') });
  });

  it.each(
    commands
      .flatMap((command) => ('commands' in command ? [command, ...command.commands] : [command]))
      .filter((command) => !('hidden' in command && command.hidden))
      .map((command) => [command.name, command] as const),
  )('describes %s', (name, command) => {
    const help = read(`${name} --help`);
    expect(help).toMatchObject({ kind: 'text', text: expect.stringContaining(command.summary.slice(0, 30)) });
  });
});
