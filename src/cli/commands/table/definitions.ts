/** `boathouse table create`, `alter`, `cluster`, `clone`, `convert` and `restore`. */
import type { CommandSpec } from '../../command.ts';
import { pairsOf } from '../../flags.ts';
import { changeCommand, momentOf, momentOptions, namesOf, needed } from './table-verb.ts';

const replaceOptions = [
  { flags: '--replace', summary: 'a table that is there is replaced, and keeps its history' },
  { flags: '--if-not-exists', summary: 'a table that is there is left as it is' },
];

/** The commands that make and redefine tables. */
export const definitionCommands: readonly CommandSpec[] = [
  changeCommand({
    name: 'table create',
    summary: 'Make a table without rows',
    options: [
      { flags: '--schema <columns>', summary: "as in SQL: 'id BIGINT NOT NULL, day DATE'" },
      { flags: '--partition-by <columns>', summary: 'columns, with commas between' },
      { flags: '--cluster-by <columns>', summary: 'columns of liquid clustering, with commas between' },
      { flags: '--property <key=value...>', summary: 'table properties; may be repeated' },
      { flags: '--comment <text>', summary: 'what the table is' },
      ...replaceOptions,
    ],
    examples: [
      "boathouse table create lake/orders --schema 'id BIGINT NOT NULL, day DATE, amount DECIMAL(18, 2)' --partition-by day",
      "boathouse table create lake/events --schema 'id BIGINT, at TIMESTAMP' --cluster-by at --property delta.enableChangeDataFeed=true",
    ],
    verb: ({ flags }) => {
      const hint = "Give them with --schema 'id BIGINT, name STRING'.";
      const schema = needed(flags, 'schema', 'There are no columns', hint);
      return {
        kind: 'create',
        schema,
        partitionBy: namesOf(flags.text('partitionBy')),
        clusterBy: namesOf(flags.text('clusterBy')),
        properties: pairsOf('--property', flags.texts('property')),
        comment: flags.text('comment'),
        orReplace: flags.is('replace'),
        ifNotExists: flags.is('ifNotExists'),
      };
    },
  }),
  changeCommand({
    name: 'table alter',
    summary: 'Change columns, constraints, properties or features',
    more: [{ name: '<change>', summary: 'what SQL has after ALTER TABLE and the table' }],
    options: [],
    examples: [
      'boathouse table alter lake/orders "add column note string comment \'free text\' after day"',
      'boathouse table alter lake/orders "add constraint positive check (amount > 0)"',
      "boathouse table alter lake/orders \"set tblproperties ('delta.enableDeletionVectors' = 'true')\"",
    ],
    verb: ({ args }) => ({ kind: 'alter', change: args[1] ?? '' }),
  }),
  changeCommand({
    name: 'table cluster',
    summary: 'Choose the columns of liquid clustering; `table optimize` clusters the rows',
    options: [{ flags: '--by <columns>', summary: 'columns with commas between; none: no clustering' }],
    examples: ['boathouse table cluster lake/events --by customer_id,day'],
    verb: ({ flags }) => {
      const hint = 'Give them with --by a,b, or say --by none.';
      const by = namesOf(needed(flags, 'by', 'There are no columns', hint)) ?? [];
      const isNone = by.length === 1 && by[0]?.toLowerCase() === 'none';
      return { kind: 'alter', change: `CLUSTER BY ${isNone ? 'NONE' : `(${by.join(', ')})`}` };
    },
  }),
  changeCommand({
    name: 'table clone',
    summary: 'Make a table of its own over the same files; nothing is copied',
    more: [{ name: '<target>', summary: 'the folder of the new table' }],
    options: [...momentOptions, ...replaceOptions],
    examples: ['boathouse table clone lake/orders lake/orders_before --version 41'],
    verb: ({ args, flags }) => ({
      kind: 'clone',
      target: args[1] ?? '',
      at: momentOf(flags),
      orReplace: flags.is('replace'),
      ifNotExists: flags.is('ifNotExists'),
    }),
    about: ({ args }) => args[1] ?? '',
  }),
  changeCommand({
    name: 'table convert',
    summary: 'Make a folder of Parquet files a Delta table where it stands',
    options: [
      {
        flags: '--partition-schema <columns>',
        summary: "types of the folders' columns: 'day DATE, region STRING' (default: told from their names)",
      },
    ],
    examples: ["boathouse table convert exports/trades --partition-schema 'day DATE'"],
    verb: ({ flags }) => ({ kind: 'convert', partitionSchema: flags.text('partitionSchema') }),
  }),
  changeCommand({
    name: 'table restore',
    summary: 'Put the table back to an older version, as a new one',
    options: momentOptions,
    examples: [
      'boathouse table restore silver.orders --version 41',
      "boathouse table restore lake/orders --timestamp '2026-01-31 12:00'",
    ],
    verb: ({ flags }) => ({ kind: 'restore', to: momentOf(flags) }),
  }),
];
