/** `boathouse land`. */
import type { LandOptions, LandResult } from '../../workflows/index.ts';
import type { CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';

/** The command's description and work. */
export const landCommand: CommandSpec = {
  name: 'land',
  summary: 'Land CSV, JSON, NDJSON or Parquet files in a Delta table, in one commit',
  arguments: [
    { name: '<source>', summary: 'a file, a glob, a URL, or - for standard input' },
    { name: '<table>', summary: 'the Delta table’s folder, also s3://…' },
  ],
  options: [
    {
      flags: '--mode <mode>',
      summary: 'what to do with rows that are there (default: error)',
      choices: ['append', 'overwrite', 'error', 'ignore'],
    },
    {
      flags: '--schema-mode <mode>',
      summary: 'what to do when columns differ (default: refuse)',
      choices: ['merge', 'overwrite'],
    },
    { flags: '--partition-by <columns>', summary: 'columns, with commas between' },
    {
      flags: '--format <format>',
      summary: 'the files’ format, when their names don’t tell',
      choices: ['csv', 'json', 'ndjson', 'parquet'],
    },
    {
      flags: '--read <option=value...>',
      summary: "how DuckDB reads the files: 'delim=;', skip=2, header=false …",
    },
  ],
  examples: [
    'boathouse land prices.csv lake/landing/prices --mode append',
    'boathouse land prices.csv s3://lake/prices --storage-option AWS_ENDPOINT_URL=https://minio.home:9000',
    "boathouse land 'exports/*.parquet' lake/landing/trades --mode overwrite --partition-by symbol",
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ land }, { projectGiven, storageGiven }, { printJsonLine }, { seconds }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('../output/run-view.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal, signal } = input;
      const [source = '', table = ''] = args;
      const partitionBy = flags
        .text('partitionBy')
        ?.split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      const given = {
        source,
        table,
        mode: flags.text('mode'),
        schemaMode: flags.text('schemaMode'),
        partitionBy,
        format: flags.text('format'),
        readerOptions: readerOptions(flags.texts('read')),
        project: projectGiven(input),
        storageOptions: storageGiven(flags),
        signal,
      };
      const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      // The engine finishes its look at a large file before it notices.
      const onStop = (): void => terminal.err('Stopping: nothing is landed (Ctrl-C again quits at once)\n');
      signal.addEventListener('abort', onStop, { once: true });
      const result = await land(told as unknown as LandOptions);
      if (flags.is('json') === true) {
        const { kind: outcome, ...rest } = result;
        printJsonLine({ kind: 'result', command: 'land', exitCode: 0, table, outcome, ...rest }, terminal);
      } else if (flags.is('quiet') !== true) {
        terminal.out(`${describe(result, table)} in ${seconds(result.elapsedMs)}\n`);
      }
      return 0;
    };
  },
};

/**
 * `name=value` pairs as options of DuckDB's reader: `true`, `false` and numbers as such, the rest as text.
 *
 * @throws cli.bad-value
 */
function readerOptions(given: readonly string[] | undefined): LandOptions['readerOptions'] {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    given.map((pair) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw cliErrors['bad-value']({ option: '--read', value: pair, expected: 'an option=value' });
      }
      if (value === 'true' || value === 'false') return [name, value === 'true'];
      return [name, /^-?\d{1,15}$/.test(value) ? Number(value) : value];
    }),
  );
}

function describe({ kind, rows, version }: LandResult, table: string): string {
  if (kind === 'ignored') return `Left ${table} as it is, at version ${version},`;
  return `Landed ${rows} ${rows === 1 ? 'row' : 'rows'} in ${table}, now at version ${version},`;
}
