/** The errors of targets. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'unsupported-path': ErrorKind<{ path: string; kind: string }>;
  'same-database': ErrorKind<{ path: string; other: string }>;
  'unsupported-plugin': ErrorKind<{ plugin: string; used: string }>;
  'plugin-refused': ErrorKind<{ plugin: string; used: string; problem: string }>;
  'unsupported-materialization': ErrorKind<{ node: string; materialization: string }>;
  'unsupported-strategy': ErrorKind<{ node: string; strategy: string; on: string }>;
  'unsupported-config': ErrorKind<{ node: string; key: string; why: string }>;
  'unsupported-resource': ErrorKind<{ node: string; kind: string }>;
  'bad-config': ErrorKind<{ node: string; key: string; problem: string }>;
  'contract-broken': ErrorKind<{ node: string; mismatches: readonly string[] }>;
  'schema-changed': ErrorKind<{
    relation: string;
    added: readonly string[];
    removed: readonly string[];
    retyped: readonly string[];
  }>;
  'batches-failed': ErrorKind<{ node: string; failed: readonly string[]; total: number; problem: string }>;
  'unreadable-seed': ErrorKind<{ file: string; problem: string }>;
  'seed-columns-changed': ErrorKind<{
    seed: string;
    missing: readonly string[];
    unexpected: readonly string[];
  }>;
  'external-failed': ErrorKind<{ location: string; problem: string }>;
  'external-overlap': ErrorKind<{ location: string; problem: string }>;
  'remote-location': ErrorKind<{ location: string; node: string }>;
  'test-shape': ErrorKind<{ test: string; problem: string }>;
  'not-prepared': ErrorKind<{ asked: string }>;
  'tables-overtaken': ErrorKind<{ path: string }>;
  'publish-overtaken': ErrorKind<{ path: string; attempts: number }>;
  'changed-outside': ErrorKind<{ path: string }>;
  stopped: ErrorKind<{ node: string }>;
  'not-on-branch': ErrorKind<{ table: string; branch: string }>;
  'read-only': ErrorKind<{ asked: string }>;
  'no-place': ErrorKind<{ name: string; statement: string }>;
  'table-moved': ErrorKind<{ node: string; before: string; location: string }>;
  'left-delta': ErrorKind<{ node: string; location: string }>;
  'missing-relation': ErrorKind<{ relation: string; node: string }>;
  'unit-test-value': ErrorKind<{
    test: string;
    input: string;
    row: number;
    column: string;
    value: string;
    type: string;
    problem: string;
  }>;
  'unit-test-failed': ErrorKind<{ test: string; problem: string }>;
};

const kinds: Kinds = {
  'unsupported-path': {
    message: (d) => `The profile's path ${d.path} is ${d.kind}, which can't be a target`,
    hint: () => 'Give a file, such as lake.duckdb, or :memory:.',
    sqlState: '0A000',
  },
  'same-database': {
    message: (d) =>
      `${d.path} and ${d.other} are published from one folder, and DuckDB gives both the same database name`,
    hint: () => 'Give one of them another name or folder, or remove the one that is not used any more.',
  },
  'unsupported-plugin': {
    message: (d) => `${d.used} needs the plugin '${d.plugin}', which Boathouse does not have`,
    hint: () =>
      'Plugins of dbt-duckdb are Python code. Those that work here, under `plugins` of the target: delta, excel, iceberg, postgres, sqlalchemy.',
    sqlState: '0A000',
  },
  'plugin-refused': {
    message: (d) => `${d.used}: the plugin '${d.plugin}' ${d.problem}`,
    sqlState: '0A000',
    exitCode: 1,
  },
  'unsupported-materialization': {
    message: (d) => `${d.node} is materialized as '${d.materialization}', which nobody defines`,
    hint: () =>
      'Use view, table, incremental, external, ephemeral, seed, snapshot or table_function, or define it in a macro file.',
    exitCode: 1,
  },
  'unsupported-strategy': {
    message: (d) => `${d.node}: the incremental strategy '${d.strategy}' does not work on ${d.on}`,
    exitCode: 1,
    sqlState: '0A000',
  },
  'unsupported-config': {
    message: (d) => `${d.node} sets '${d.key}', which can't be honoured: ${d.why}`,
    exitCode: 1,
    sqlState: '0A000',
  },
  'unsupported-resource': {
    message: (d) =>
      d.kind === 'function'
        ? `${d.node} can't be made: DuckDB has no CREATE FUNCTION … RETURNS`
        : `${d.node} is a ${d.kind}, which can't be run`,
    hint: (d) =>
      d.kind === 'function'
        ? "Make it a macro of DuckDB's in `on-run-start`: create or replace macro name(argument) as …"
        : undefined,
    exitCode: 1,
    sqlState: '0A000',
  },
  'bad-config': { message: (d) => `${d.node}: '${d.key}' ${d.problem}`, exitCode: 1, sqlState: '22023' },
  'contract-broken': {
    message: (d) => `${d.node} breaks its contract:\n${d.mismatches.map((line) => `  ${line}`).join('\n')}`,
    hint: () => 'Change the SQL, or the columns in the property file.',
    exitCode: 1,
  },
  'schema-changed': {
    message: (d) =>
      [
        `The columns of ${d.relation} and of its model differ:`,
        ...(d.added.length > 0 ? [`  only in the model: ${d.added.join(', ')}`] : []),
        ...(d.removed.length > 0 ? [`  only in the table: ${d.removed.join(', ')}`] : []),
        ...(d.retyped.length > 0 ? [`  of another type: ${d.retyped.join(', ')}`] : []),
      ].join('\n'),
    hint: () =>
      'Set on_schema_change to append_new_columns or sync_all_columns, or run once with --full-refresh.',
    exitCode: 1,
  },
  'batches-failed': {
    message: (d) =>
      `${d.failed.length} of ${d.total} batches of ${d.node} failed (${d.failed.slice(0, 10).join(', ')}${d.failed.length > 10 ? ', …' : ''}): ${d.problem}`,
    hint: () =>
      'The other batches are in the table. Run the failed ones again with --event-time-start and --event-time-end.',
    exitCode: 1,
  },
  'unreadable-seed': {
    message: (d) => `${d.file}: ${d.problem}`,
    hint: () => 'Set the delimiter of the seed if it is not a comma.',
    exitCode: 1,
  },
  'seed-columns-changed': {
    message: (d) =>
      [
        `The columns of seed ${d.seed} are not those of its table`,
        ...(d.missing.length > 0 ? [`only in the table: ${d.missing.join(', ')}`] : []),
        ...(d.unexpected.length > 0 ? [`only in the file: ${d.unexpected.join(', ')}`] : []),
      ].join('; '),
    hint: () => 'Run with --full-refresh to make the table anew.',
    exitCode: 1,
  },
  'external-failed': {
    message: (d) => `Nothing was written to ${d.location}: ${d.problem}`,
    hint: () => 'What was there is unchanged.',
    exitCode: 1,
  },
  'external-overlap': {
    message: (d) => `${d.location} can't be replaced: ${d.problem}`,
    hint: () => 'Give the model a location of its own.',
    exitCode: 1,
  },
  'remote-location': {
    message: (d) => `${d.node} would be written to ${d.location}, which is not on a local path`,
    hint: () => 'External relations are written to local or mounted folders.',
    exitCode: 1,
    sqlState: '0A000',
  },
  'test-shape': { message: (d) => `${d.test}: ${d.problem}`, exitCode: 1 },
  'tables-overtaken': {
    message: (d) => `${d.path} was published by another run while this one changed tables in it unexpectedly`,
    hint: () =>
      'Run the command again. To make such runs take turns, change tables in hooks or table models.',
    sqlState: '40001',
    retryable: true,
  },
  'publish-overtaken': {
    message: (d) => `${d.path}: ${d.attempts} attempts to publish lost to other runs`,
    hint: () => 'Run the command again.',
    sqlState: '40001',
    retryable: true,
  },
  'changed-outside': {
    message: (d) => `${d.path} was changed by another program while this run changed tables in a copy of it`,
    hint: () => 'Nothing was published, and what the other program wrote is there. Run the command again.',
    sqlState: '40001',
    retryable: true,
  },
  'not-prepared': { message: (d) => `${d.asked} before the target was prepared` },
  stopped: { message: (d) => `${d.node} was stopped`, exitCode: 130, sqlState: '57014' },
  'table-moved': {
    message: (d) =>
      d.before === d.location
        ? `the Delta table of ${d.node} is gone from ${d.location}`
        : `the Delta table of ${d.node} is at ${d.before}, and is now to be at ${d.location}`,
    hint: () => 'Run it with --full-refresh to build it there anew, or put the table back in its place.',
    exitCode: 1,
  },
  'left-delta': {
    message: (d) =>
      `the rows of ${d.node} are in the Delta table at ${d.location}, and it is to be a DuckDB table now`,
    hint: () =>
      "Run it with --full-refresh to build it anew as a DuckDB table, or set its file_format to 'delta' again.",
    exitCode: 1,
  },
  'no-place': {
    message: (d) => `${d.statement} ${d.name}: where is the table to be?`,
    hint: () => "Add LOCATION 'path', or name the table by its place: delta.'path/to/table'.",
    sqlState: '42601',
    exitCode: 1,
  },
  'not-on-branch': {
    message: (d) =>
      `${d.table} is not of the branch '${d.branch}': writing there would show on other branches`,
    hint: () => 'Name the relation instead of the place: the branch writes to a table of its own.',
    exitCode: 1,
  },
  'read-only': { message: (d) => `${d.asked} on a target that was opened to look only` },
  'unit-test-value': {
    message: (d) =>
      `An error occurred during execution of unit test '${d.test}'. There may be an error in the unit test definition: check the data types.\n Row ${d.row} of ${d.input}, column ${d.column}: ${d.value} can't be of type ${d.type} (${d.problem})`,
  },
  'unit-test-failed': {
    message: (d) =>
      `An error occurred during execution of unit test '${d.test}'. There may be an error in the unit test definition: check the data types.\n ${d.problem}`,
  },
  'missing-relation': {
    message: (d) => `${d.relation} has not been built, and ${d.node} reads it`,
    hint: (d) => `Build it first: boathouse build --select +${d.node.split('.').at(-1)}`,
    exitCode: 1,
    sqlState: '42P01',
  },
};

/** The errors of this layer. */
export const targetErrors: ErrorsOf<Kinds> = defineErrors('targets', kinds);
