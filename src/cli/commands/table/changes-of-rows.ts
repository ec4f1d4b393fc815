/** `boathouse table delete`, `update` and `merge`. */
import type { CommandSpec } from '../../command.ts';
import { pairsOf } from '../../flags.ts';
import { changeCommand, needed } from './table-verb.ts';

const where = { flags: '--where <condition>', summary: 'SQL over the columns' };

/** The commands that change rows. */
export const rowCommands: readonly CommandSpec[] = [
  changeCommand({
    name: 'table delete',
    summary: 'Delete rows, in one commit',
    options: [where, { flags: '--all', summary: 'every row' }],
    examples: ['boathouse table delete lake/orders --where "day < date \'2024-01-01\'"'],
    verb: ({ flags }) => ({ kind: 'delete', where: flags.text('where'), all: flags.is('all') }),
  }),
  changeCommand({
    name: 'table update',
    summary: 'Change rows, in one commit',
    options: [
      { flags: '--set <column=value...>', summary: 'a column’s new value, as SQL; may be repeated' },
      where,
      { flags: '--all', summary: 'every row' },
    ],
    examples: [
      'boathouse table update silver.orders --set "amount = amount * 1.1" --where "currency = \'EUR\'"',
    ],
    verb: ({ flags }) => {
      needed(flags, 'set', 'There is nothing to set', 'Say what with --set "column = value".');
      const set = pairsOf('--set', flags.texts('set'));
      return { kind: 'update', set, where: flags.text('where'), all: flags.is('all') };
    },
  }),
  changeCommand({
    name: 'table merge',
    summary: 'Merge rows into the table: update those that are there, insert those that aren’t',
    options: [
      {
        flags: '--source <rows>',
        summary: 'a query, a .sql file, a data file, a Delta table, or a name of the catalog',
      },
      {
        flags: '--on <columns>',
        summary: 'what tells rows: column names, or a condition over source and target',
      },
      { flags: '--update-all', summary: 'matched rows take every column of the source’s' },
      { flags: '--insert-all', summary: 'rows that match none are inserted (default: both)' },
      { flags: '--delete-matched', summary: 'matched rows are deleted' },
      { flags: '--delete-not-in-source', summary: 'rows that the source doesn’t have are deleted' },
      {
        flags: '--when <clause...>',
        summary: 'clauses as in SQL, before the others: "matched and source.gone then delete"',
      },
      { flags: '--evolve', summary: 'columns that only the source has are added' },
    ],
    examples: [
      'boathouse table merge lake/customers --source new_customers.csv --on id',
      'boathouse table merge silver.orders --source "select * from bronze.orders" --on id --when "matched and source.gone then delete"',
    ],
    verb: ({ flags }) => {
      const given = flags.texts('when') ?? [];
      const wanted = [
        ...(flags.is('deleteMatched') === true ? ['matched then delete'] : []),
        ...(flags.is('updateAll') === true ? ['matched then update set *'] : []),
        ...(flags.is('insertAll') === true ? ['not matched then insert *'] : []),
        ...(flags.is('deleteNotInSource') === true ? ['not matched by source then delete'] : []),
      ];
      const usual = ['matched then update set *', 'not matched then insert *'];
      return {
        kind: 'merge',
        source: needed(flags, 'source', 'There is nothing to merge', 'Say what with --source.'),
        on: needed(flags, 'on', 'Nothing tells which rows belong together', 'Say what with --on id.'),
        when: [...given, ...(wanted.length > 0 || given.length > 0 ? wanted : usual)],
        schemaEvolution: flags.is('evolve'),
      };
    },
  }),
];
