/** `boathouse query`. */
import { fstatSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { ExportFormat, QueryResult } from '../../workflows/index.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';

/** The command's description and work. */
export const queryCommand: CommandSpec = {
  name: 'query',
  summary: 'Ask the published catalog, or change its Delta tables, with SQL',
  arguments: [{ name: '[sql]', summary: 'one statement; - or nothing: from standard input' }],
  options: [
    { flags: '--inline <sql>', summary: 'the same as the argument' },
    { flags: '--file <path>', summary: 'read the statement from a file' },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
    {
      flags: '--at <version>',
      summary: 'the lake as it was: a generation of `boathouse log`, or a time (UTC without a zone)',
    },
    {
      flags: '--format <format>',
      summary: 'how rows are printed or written (default: table)',
      choices: ['table', 'csv', 'json', 'ndjson', 'parquet', 'arrow'],
    },
    { flags: '-o, --output <path>', summary: 'write to this file; its ending gives the format' },
    { flags: '--limit <rows>', summary: 'rows in a table at most (default: 100; -1: all)', type: 'number' },
  ],
  examples: [
    'boathouse query "select * from gold.daily_revenue order by day"',
    'boathouse query "select * from silver.orders" --output orders.parquet',
    'boathouse query "select count(*) from delta.\'lake/landing/prices\' version as of 3"',
    'boathouse query --at 12 "select count(*) from silver.orders"',
    'boathouse query "merge into silver.orders t using bronze.orders s on t.id = s.id when matched then update set * when not matched then insert *"',
    'boathouse query "optimize delta.\'lake/landing/prices\'"',
  ],
  endsUnread: true,
  stopsCleanly: true,
  load: async () => {
    const { projectGiven } = await import('../given.ts');
    return async (input) => {
      const options = {
        ...projectGiven(input),
        catalog: input.flags.text('catalog'),
        asOf: input.flags.text('at'),
        sql: readSql(input),
      };
      const format = formatOf(input);
      const isTable =
        format === 'table' || (input.flags.is('json') === true && input.flags.text('output') === undefined);
      return isTable
        ? await printRows(options, input)
        : await exportRows(options, format as ExportFormat, input);
    };
  },
};

type Options = { readonly sql: string };

async function printRows(options: Options, input: CommandInput): Promise<number> {
  const { flags, terminal } = input;
  const [{ query }, { openProgress }] = await Promise.all([
    import('../../workflows/index.ts'),
    import('../output/progress.ts'),
  ]);
  const wanted = flags.number('limit') ?? (flags.is('json') === true ? -1 : 100);
  const startedMs = Date.now();
  const progress = openProgress(terminal, flags);
  let grid: QueryResult;
  try {
    const limit = wanted < 0 ? Number.MAX_SAFE_INTEGER : wanted;
    grid = await query({ ...options, limit, onProgress: progress.onProgress });
  } finally {
    progress.stop();
  }
  input.deliver?.('query', grid);
  const { outcome } = grid;
  if (flags.is('json') === true) {
    if (outcome !== undefined) {
      const { printOutcomeJson } = await import('./table/table-verb.ts');
      await printOutcomeJson('query', { ...outcome, ...grid }, { flags, terminal }, Date.now() - startedMs);
      return 0;
    }
    const { gridRowsJson, withMember } = await import('../output/grid-json.ts');
    const head = JSON.stringify({ kind: 'result', command: 'query', exitCode: 0, columns: grid.columns });
    await terminal.data(`${withMember(head, 'rows', gridRowsJson(grid))}\n`);
    return 0;
  }
  const { printAnswer } = await import('../output/answer-view.ts');
  const more = ', more left out: see --limit and --output';
  await printAnswer(grid, terminal, { quiet: flags.is('quiet') === true, more });
  return 0;
}

async function exportRows(
  options: Options,
  format: ExportFormat,
  { flags, terminal }: CommandInput,
): Promise<number> {
  const { exportQuery } = await import('../../workflows/index.ts');
  const { rowCount, path } = await exportQuery({
    ...options,
    format,
    output: flags.text('output'),
    write: (piece) => terminal.data(piece),
  });
  if (path !== undefined && flags.is('quiet') !== true) {
    const rows = rowCount === undefined ? '' : `${rowCount} ${rowCount === 1 ? 'row' : 'rows'} to `;
    terminal.err(`Wrote ${rows}${path}\n`);
  }
  return 0;
}

/** The argument, `--inline`, `--file`, or standard input when it is piped and nothing else is given. */
function readSql({ args, flags }: CommandInput): string {
  const given = (
    [
      ['the argument', args[0]],
      ['--inline', flags.text('inline')],
      ['--file', flags.text('file')],
    ] as const
  ).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw cliErrors['nothing-to-do'](
      { problem: `There are ${given.length} queries: ${names}` },
      { hint: 'Give one of them.' },
    );
  }
  const file = flags.text('file');
  const sql = file !== undefined ? readText(file) : (given[0]?.[1] ?? (isPiped() ? '-' : ''));
  const text = sql === '-' && file === undefined ? readFileSync(0, 'utf8') : sql;
  if (text.trim() !== '') return text;
  throw cliErrors['nothing-to-do'](
    { problem: 'There is no query' },
    { hint: 'Give it as an argument, as boathouse query "select 1", or on standard input.' },
  );
}

/** Whether standard input is a pipe or a file; a terminal would wait for someone to type. */
function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile();
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw cliErrors['bad-value'](
      { option: '--file', value: file, expected: 'a file that can be read' },
      { cause },
    );
  }
}

/** `--format`, or what the ending of `--output` says. */
function formatOf({ flags }: CommandInput): string {
  const given = flags.text('format');
  const output = flags.text('output');
  if (given !== undefined && !(given === 'table' && output !== undefined)) return given;
  if (output === undefined) return 'table';
  const endings: Readonly<Record<string, string>> = {
    '.csv': 'csv',
    '.json': 'json',
    '.ndjson': 'ndjson',
    '.jsonl': 'ndjson',
    '.parquet': 'parquet',
    '.arrow': 'arrow',
    '.arrows': 'arrow',
  };
  const format = endings[extname(output).toLowerCase()];
  if (format !== undefined) return format;
  throw cliErrors['bad-value'](
    { option: '--output', value: output, expected: 'a file whose ending tells the format' },
    { hint: 'Add --format csv, json, ndjson, parquet or arrow.' },
  );
}
