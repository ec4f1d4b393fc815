/** Plans of incremental models on DuckDB tables. Pure. */
import type { RelationName, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { type ColumnChanges, onSchemaChange, planColumnChanges } from './column-changes.ts';
import { targetErrors } from './errors.ts';
import { mergeSql } from './merge-sql.ts';
import { textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, subquery } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';
import { tableSteps } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/** Whether the model is built from nothing: it isn't there, is no table, or is to be refreshed. */
export function isRebuilt(input: Pick<PlanInput, 'existing' | 'fullRefresh' | 'delta'>): boolean {
  if (input.delta !== undefined) return !input.delta.exists || input.fullRefresh;
  return input.existing === undefined || input.existing.kind !== 'table' || input.fullRefresh;
}

/** The strategy by dbt-duckdb's rules: `default` is delete+insert, which without a key only inserts. */
export function strategyOf(input: Pick<PlanInput, 'node'>): string {
  const strategy = input.node.config.incremental_strategy;
  return strategy === null || strategy === undefined || strategy === 'default' ? 'delete+insert' : strategy;
}

/** The macro that a strategy is. */
export function strategyMacro(strategy: string): string {
  return `get_incremental_${strategy.replaceAll('+', '_')}_sql`;
}

/**
 * Adds the model's rows to its table, or builds it anew.
 *
 * @throws targets.schema-changed, targets.unsupported-strategy, targets.bad-config
 */
export function planIncremental(input: PlanInput): readonly PlanStep[] {
  if (isRebuilt(input)) return frame(input.node, tableSteps(input));
  const { node, target } = input;
  const changes = planColumnChanges(
    target,
    input.existingColumns,
    input.newColumns,
    onSchemaChange(node.config.on_schema_change),
  );
  const written = writeSteps(input, changes);
  return frame(node, [
    // The rows are computed before the table changes: the model may read its own table.
    ...written.before,
    ...changes.statements.map((sql) => ({ kind: 'sql', sql }) as const),
    ...written.after,
    ...documentSteps(node, target, 'table'),
    { kind: 'made', relation: target, as: 'table', select: null },
  ]);
}

/** The steps that write, before and after the table's columns change. */
export interface Written {
  readonly before: readonly PlanStep[];
  readonly after: readonly PlanStep[];
}

function writeSteps(input: PlanInput, changes: ColumnChanges): Written {
  const strategy = strategyOf(input);
  const macro = strategyMacro(strategy);
  const isOurs = strategy === 'append' || strategy === 'delete+insert' || strategy === 'merge';
  if (input.overridden(macro) || (!isOurs && strategy !== 'microbatch' && input.defined(macro))) {
    return viaMacro(input, changes, macro);
  }
  const predicates = [
    ...textList(input.node, 'predicates'),
    ...textList(input.node, 'incremental_predicates'),
  ];
  const needsRows = changes.statements.length > 0;
  switch (strategy) {
    case 'append':
      return needsRows
        ? viaRows(input, (rows) => [insertSql(input.target, changes.columns, rows)])
        : direct(insertSql(input.target, changes.columns, subquery(input.code)));
    case 'delete+insert':
      if (textList(input.node, 'unique_key').length === 0) {
        return needsRows
          ? viaRows(input, (rows) => [insertSql(input.target, changes.columns, rows)])
          : direct(insertSql(input.target, changes.columns, subquery(input.code)));
      }
      return viaRows(input, (rows) => [
        deleteSql(input, rows, predicates),
        insertSql(input.target, changes.columns, rows),
      ]);
    case 'merge': {
      const merge = (source: string): string =>
        mergeSql({
          node: input.node,
          target: printName(input.target),
          source,
          columns: changes.columns,
          predicates,
        });
      return needsRows ? viaRows(input, (rows) => [merge(rows)]) : direct(merge(subquery(input.code)));
    }
    default:
      throw targetErrors['unsupported-strategy'](
        { node: input.node.unique_id, strategy, on: 'a DuckDB table' },
        {
          location: { file: input.node.original_file_path },
          hint: `Use append, delete+insert or merge, or define the macro ${macro}.`,
        },
      );
  }
}

/** One statement that computes and writes: nothing is stored in between. */
function direct(sql: string): Written {
  return { before: [], after: [{ kind: 'sql', sql, main: true }] };
}

/** Keeps the new rows in a temporary table, for statements that need them twice or after a change of columns. */
function viaRows(input: PlanInput, statements: (rows: string) => readonly string[]): Written {
  const rows = printName(rowsName(input.target));
  const after = statements(rows);
  return {
    before: [{ kind: 'sql', sql: `create or replace temporary table ${rows} as ${subquery(input.code)}` }],
    after: [
      ...after.map((sql, index) => ({ kind: 'sql', sql, main: index === after.length - 1 }) as const),
      { kind: 'sql', sql: `drop table ${rows}` },
    ],
  };
}

/** The user's macro of a strategy, given the new rows in a temporary table. */
export function viaMacro(input: PlanInput, changes: ColumnChanges, macro: string): Written {
  const rows = rowsName(input.target);
  const written = viaRows(input, () => []);
  const predicates = input.node.config['predicates'] ?? input.node.config['incremental_predicates'] ?? null;
  return {
    before: written.before,
    after: [
      {
        kind: 'macro',
        name: macro,
        arguments: [
          {
            kind: 'dict',
            entries: [
              ['target_relation', { kind: 'relation', relation: input.target, type: 'table' }],
              ['temp_relation', { kind: 'relation', relation: rows, type: 'table' }],
              ['unique_key', { kind: 'plain', value: input.node.config.unique_key ?? null }],
              ['dest_columns', { kind: 'columns', columns: changes.columns }],
              ['incremental_predicates', { kind: 'plain', value: predicates }],
            ],
          },
        ],
        main: true,
      },
      ...written.after,
    ],
  };
}

/** A temporary table: DuckDB finds it by its bare name, and no other session can. */
function rowsName(target: RelationName): RelationName {
  return { database: '', schema: '', identifier: `${target.identifier}__dbt_tmp` };
}

function insertSql(target: RelationName, columns: readonly WarehouseColumn[], rows: string): string {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  return `insert into ${printName(target)} (${list})\nselect ${list} from ${rows} as new_rows`;
}

/** A semi-join: DuckDB builds a hash of the keys once, however many there are. */
function deleteSql(input: PlanInput, rows: string, predicates: readonly string[]): string {
  const keys = textList(input.node, 'unique_key');
  const name = printName(input.target);
  const and = predicates.map((predicate) => ` and (${predicate})`).join('');
  const isList = Array.isArray(input.node.config.unique_key);
  if (!isList) return `delete from ${name}\nwhere (${keys[0]}) in (select (${keys[0]}) from ${rows})${and}`;
  const equal = keys.map((key) => `${rows}.${key} = DBT_INCREMENTAL_TARGET.${key}`).join(' and ');
  return `delete from ${name} as DBT_INCREMENTAL_TARGET\nusing ${rows}\nwhere ${equal}${and}`;
}
