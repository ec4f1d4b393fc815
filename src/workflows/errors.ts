/** What can go wrong with a verb as a whole. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'nothing-selected': ErrorKind<{ what: string }>;
  'nothing-to-show': ErrorKind<Record<never, never>>;
  'bad-resource-type': ErrorKind<{ type: string; known: readonly string[] }>;
  'bad-arguments': ErrorKind<{ problem: string }>;
  'bad-format': ErrorKind<{ format: string; known: readonly string[] }>;
  'needs-output': ErrorKind<{ format: string }>;
  'no-catalog': ErrorKind<{ path: string }>;
  'one-node-only': ErrorKind<{ selected: number }>;
  'folder-not-empty': ErrorKind<{ folder: string }>;
  'bad-project-name': ErrorKind<{ name: string }>;
  'unsafe-clean': ErrorKind<{ path: string; why: string }>;
  'warning-as-error': ErrorKind<{ message: string }>;
  'alias-taken': ErrorKind<{ path: string }>;
  'bad-warning-options': ErrorKind<{ problem: string }>;
  'not-writable': ErrorKind<{ path: string; problem: string }>;
  'write-failed': ErrorKind<{ path: string; problem: string }>;
  'not-a-query': ErrorKind<{ statement: string }>;
  'several-statements': ErrorKind<Record<never, never>>;
  'needs-place': ErrorKind<{ name: string; statement: string }>;
  'needs-condition': ErrorKind<{ doing: string }>;
  'bad-size': ErrorKind<{ text: string }>;
  'bad-sample': ErrorKind<{ text: string }>;
  'no-load-time': ErrorKind<{ source: string }>;
  'bad-load-time': ErrorKind<{ source: string; field: string; value: string }>;
  'state-unreadable': ErrorKind<{ path: string; problem: string }>;
  'no-deferral': ErrorKind<{ path: string | undefined }>;
  'nothing-to-retry': ErrorKind<{ folder: string }>;
  'cannot-retry': ErrorKind<{ command: string }>;
  'not-published': ErrorKind<{ path: string }>;
  'not-for-statements': ErrorKind<{ format: string }>;
  'no-tables': ErrorKind<{ isSelected: boolean; catalog: string }>;
  'no-such-source': ErrorKind<{ source: string }>;
  'no-lake': ErrorKind<{ target: string }>;
  'bad-version': ErrorKind<{ text: string }>;
  'past-is-read-only': ErrorKind<{ at: string }>;
  'tables-not-kept': ErrorKind<{ generation: number; tables: readonly string[] }>;
  'rollback-overtaken': ErrorKind<{ catalog: string; attempts: number }>;
  'branch-in-use': ErrorKind<{ name: string; users: readonly string[] }>;
  'branch-not-merged': ErrorKind<{ name: string; changed: readonly string[] }>;
  'merge-conflict': ErrorKind<{ branch: string; into: string; tables: readonly string[] }>;
  'bad-key': ErrorKind<{ column: string; table: string }>;
  'trino-url': ErrorKind<{ url: string; problem: string }>;
  'trino-unreachable': ErrorKind<{ url: string; problem: string }>;
  'trino-refused': ErrorKind<{ statement: string; name: string; problem: string }>;
  'trino-same-name': ErrorKind<{ name: string; relations: readonly string[] }>;
  'committed-unseen': ErrorKind<{ table: string; version: number; problem: string }>;
  'macro-missing': ErrorKind<{ name: string; near: string | undefined }>;
  'bad-asset-path': ErrorKind<{ path: string; file: string }>;
  'site-missing': ErrorKind<Record<never, never>>;
  'no-docs': ErrorKind<{ folder: string }>;
  'cannot-listen': ErrorKind<{ host: string; port: number; problem: string }>;
};

const kinds: Kinds = {
  'bad-sample': {
    message: (d) => `--sample doesn't take '${d.text}'`,
    hint: () =>
      "Give a number and hours, days, months or years (--sample '3 days'), or a beginning and an end (--sample \"{'start': '2024-01-01', 'end': '2024-02-01'}\").",
  },
  'nothing-selected': {
    message: (d) => `${d.what} selects nothing`,
    hint: () => 'See what there is with `boathouse ls`.',
  },
  'nothing-to-show': {
    message: () => 'Nothing is named that could be shown',
    hint: () => 'Name a model with --select, or give a query with --inline.',
  },
  'bad-resource-type': {
    message: (d) => `'${d.type}' is not a resource type`,
    hint: (d) => `It is one of ${d.known.join(', ')}.`,
  },
  'bad-arguments': {
    message: (d) => d.problem,
    hint: () => 'Names of arguments begin with a letter and go on with letters, digits and underscores.',
  },
  'bad-format': {
    message: (d) => `'${d.format}' is not a format`,
    hint: (d) => `It is one of ${d.known.join(', ')}.`,
  },
  'needs-output': {
    message: (d) => `${d.format} is not for a terminal`,
    hint: () => 'Name a file with --output.',
  },
  'no-catalog': {
    message: (d) => `There is no catalog at ${d.path}`,
    hint: () => 'Publish one with `boathouse build`, or name another with --catalog.',
  },
  'one-node-only': {
    message: (d) => `The selection has ${d.selected} nodes, and one is shown at a time`,
    hint: () => 'Name one with --select, or give a query with --inline.',
  },
  'folder-not-empty': {
    message: (d) => `${d.folder} has files already`,
    hint: () => 'Name a new folder, or remove what is there.',
  },
  'bad-project-name': {
    message: (d) => `'${d.name}' can't be a project's name`,
    hint: () => 'Give one with --name: letters, digits and underscores, beginning with a letter.',
  },
  'unsafe-clean': {
    message: (d) => `${d.path} is not removed: ${d.why}`,
    hint: () => 'Check `clean-targets` in dbt_project.yml.',
  },
  'warning-as-error': {
    message: (d) => d.message,
    hint: () => 'It counts as an error because of --warn-error, or of --warn-error-options.',
  },
  'alias-taken': {
    message: (d) => `${d.path} is there already, and isn't ours`,
    hint: () => 'Name another folder of your PATH with --folder, before the one where that file is.',
  },
  'bad-warning-options': {
    message: (d) => `warn-error-options: ${d.problem}`,
    hint: () => 'Write it as \'{"error": ["NoNodesForSelectionCriteria"], "silence": ["Deprecations"]}\'.',
  },
  'not-writable': {
    message: (d) => `${d.path} can't be written: ${d.problem}`,
    hint: () => 'Check the permissions of the folder, and that the disk has room.',
  },
  'write-failed': {
    message: (d) => `${d.path} could not be written: ${d.problem}`,
    hint: () => 'Check the permissions of the folder, and that the disk has room.',
  },
  'not-a-query': {
    message: (d) =>
      `${d.statement} is not a query: only statements that read, and statements on Delta tables, are run here`,
    hint: () =>
      "Write rows to a file with `boathouse query … --output`. Delta tables are changed by statements that name them, in the catalog or by their places: delta.'path/to/table'. Other tables are changed by models, or by a macro and `boathouse run-operation`.",
    exitCode: 1,
  },
  'several-statements': {
    message: () => 'There are several statements, and one is answered at a time',
    hint: () => 'Run them one after the other.',
    exitCode: 1,
  },
  'needs-place': {
    message: (d) => `${d.statement}: ${d.name} is no Delta table yet, and has no place to be made at`,
    hint: () => "Give it one: LOCATION 'path/to/table', or name it by its place: delta.'path/to/table'.",
    exitCode: 1,
  },
  'needs-condition': {
    message: (d) => `There is no condition, so every row would be ${d.doing}`,
    hint: () => 'Give one with --where, or say --all.',
  },
  'not-for-statements': {
    message: (d) => `What a statement on a Delta table gives isn't written as ${d.format}`,
    hint: () => 'Its few rows are printed as a table, or written as csv, json or ndjson.',
  },
  'no-tables': {
    message: (d) => (d.isSelected ? 'The selection has no Delta table' : `${d.catalog} has no Delta table`),
    hint: () => 'Name folders of Delta tables, or see what is selected with `boathouse ls`.',
  },
  'not-published': {
    message: (d) => `The tables are changed, and ${d.path} doesn't show it yet: others kept publishing it`,
    hint: () => 'The next `boathouse build` shows it, and so does the next statement that changes them.',
    retryable: true,
  },
  'bad-size': {
    message: (d) => `'${d.text}' is not a size`,
    hint: () => 'Give bytes, or a number with kb, mb or gb: 256mb.',
  },
  'no-such-source': {
    message: (d) => `There is nothing to merge at ${d.source}`,
    hint: () =>
      'Name a Delta table, a relation of the catalog, a file of CSV, JSON or Parquet, or a .sql file, or give a query.',
  },
  'no-lake': {
    message: (d) => `The target '${d.target}' is in memory, and has no versions`,
    hint: () => 'Choose a target whose `path` is a file, or name a published catalog with --catalog.',
    exitCode: 1,
  },
  'bad-version': {
    message: (d) => `'${d.text}' is neither a generation nor a point in time`,
    hint: () =>
      "Give a number of `boathouse log`, a day (2026-01-31), or a time: '2026-01-31 12:00' (UTC), 2026-01-31T12:00:00+01:00.",
    exitCode: 1,
  },
  'past-is-read-only': {
    message: (d) => `The lake as of ${d.at} can be read, and not be changed`,
    hint: () =>
      'Leave out --at, go back for good with `boathouse rollback`, or change a branch: `boathouse branch create`.',
    exitCode: 1,
  },
  'tables-not-kept': {
    message: (d) =>
      `The rows that ${d.tables.join(', ')} had in generation ${d.generation} are gone: no copy of the file was kept`,
    hint: () => 'Generations that were published since this version of Boathouse keep them.',
    exitCode: 1,
  },
  'rollback-overtaken': {
    message: (d) => `${d.catalog}: others wrote to the tables in each of ${d.attempts} attempts`,
    hint: () => 'Stop what writes to them, and run the command again.',
    retryable: true,
  },
  'branch-in-use': {
    message: (d) =>
      `'${d.name}' is needed by ${d.users.map((user) => `'${user}'`).join(', ')}, which began there`,
    hint: () => 'Merge or delete those branches first.',
    httpStatus: 409,
    exitCode: 1,
  },
  'branch-not-merged': {
    message: (d) => `'${d.name}' has changes that were never merged: ${d.changed.join(', ')}`,
    hint: (d) =>
      `Look at them with \`boathouse branch diff ${d.name}\`, merge them, or delete them with --force.`,
    httpStatus: 409,
    exitCode: 1,
  },
  'merge-conflict': {
    message: (d) =>
      `'${d.branch}' and ${d.into} have both changed ${d.tables.join(', ')}: nothing was merged`,
    hint: (d) =>
      `Make a new branch of ${d.into} and build there what '${d.branch}' changed, or roll ${d.into} back.`,
    sqlState: '40001',
    httpStatus: 409,
    exitCode: 1,
  },
  'bad-key': {
    message: (d) => `${d.table} has no column '${d.column}' on both sides`,
    hint: () => 'Name columns of the table with --key, with commas between.',
    exitCode: 1,
  },
  'trino-url': {
    message: (d) => `Trino can't be asked at '${d.url}': ${d.problem}`,
    hint: () => 'Give --trino http://host:8080, or https with the password in TRINO_PASSWORD.',
  },
  'trino-unreachable': {
    message: (d) => `Trino at ${d.url} can't be reached: ${d.problem}`,
    hint: () => 'Check the URL and the port; for a certificate of your own, give --ca-file.',
  },
  'trino-refused': {
    message: (d) => `Trino refused a statement with ${d.name}: ${d.problem}\n  ${d.statement}`,
    hint: () =>
      "The catalog needs the Delta connector with delta.register-table-procedure.enabled=true, and a way to the tables' files.",
  },
  'trino-same-name': {
    message: (d) => `${d.relations.join(' and ')} would both be ${d.name} in Trino`,
    hint: () => 'Map one of the schemas to another name with --trino-schema.',
  },
  'committed-unseen': {
    message: (d) =>
      `${d.table} is changed, and is at version ${d.version} now; but the catalog can't show it: ${d.problem}`,
    hint: () => "Don't run the statement again. The next run or statement that publishes shows the change.",
    exitCode: 1,
  },
  'bad-asset-path': {
    message: (d) => `${d.file}: asset-paths names '${d.path}', which can't be copied beside the site`,
    hint: () => 'Name a folder inside the project, and not one that holds the target folder.',
  },
  'site-missing': {
    message: () => 'The page of the documentation site is not in this installation',
    hint: () => 'Install boathouse again; in a checkout, run `npm run build`.',
  },
  'no-docs': {
    message: (d) => `There is no documentation in ${d.folder}`,
    hint: () => 'Write it with `boathouse docs generate`.',
  },
  'cannot-listen': {
    message: (d) => `Can't listen on ${d.host}:${d.port}: ${d.problem}`,
    hint: () => 'Give another port with --port; 0 takes any that is free.',
  },
  'no-load-time': {
    message: (d) =>
      `Could not compute freshness for source ${d.source}: no 'loaded_at_field' provided, and no Delta log or file says when it was loaded`,
    hint: () => 'Set `loaded_at_field` or `loaded_at_query`; Delta tables and files need neither.',
    exitCode: 1,
  },
  'bad-load-time': {
    message: (d) => `Expected a timestamp from ${d.field} of source ${d.source}, and got '${d.value}'`,
    hint: (d) => `Cast it: loaded_at_field: "${d.field}::timestamp".`,
    exitCode: 1,
  },
  'state-unreadable': {
    message: (d) => `${d.path} can't be used as the state of an earlier run: ${d.problem}`,
    hint: () =>
      'Manifests of version 10 to 12, run results of version 4 to 6 and sources of version 3 are read.',
  },
  'no-deferral': {
    message: (d) =>
      d.path === undefined
        ? '--state or --defer-state are required for deferral, but neither was provided'
        : `Could not find manifest in --state path: "${d.path}"`,
    hint: () => 'Give the folder with the manifest.json of the environment to defer to.',
  },
  'nothing-to-retry': {
    message: (d) => `Could not find previous run in '${d.folder}' target directory`,
    hint: () => 'retry goes on with what the last run in this folder left; --state names another folder.',
  },
  'cannot-retry': {
    message: (d) => `The last run was of '${d.command}', which can't be retried`,
    hint: () => 'build, run, test, seed, snapshot, compile, clone, docs generate and run-operation can be.',
  },
  'macro-missing': {
    message: (d) => `No macro is named '${d.name}'`,
    hint: (d) => (d.near === undefined ? undefined : `Did you mean '${d.near}'?`),
  },
};

/** The workflows' errors, by phrase. */
export const workflowErrors: ErrorsOf<Kinds> = defineErrors('workflows', kinds);
