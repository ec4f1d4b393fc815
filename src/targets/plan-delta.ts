/**
 * Plans of models whose rows are a Delta table. Pure.
 *
 * The engine has a view over one version of the table; each step that writes is one commit of the table, and the
 * view is made anew over it. Readers of the catalog see the new version when the run publishes.
 */
import { assert } from '../base/index.ts';
import type { ManifestNode } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { type ColumnChanges, onSchemaChange, planColumnChanges } from './column-changes.ts';
import { hasContract } from './contract.ts';
import { deltaDefinition, propertiesOf } from './delta-definition.ts';
import { targetErrors } from './errors.ts';
import { mergeSql } from './merge-sql.ts';
import { columnNames, mapping, text, textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, subquery } from './plan-frame.ts';
import { strategyOf, viaMacro } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/**
 * Writes the model's Delta table: whole, or by its incremental strategy once it is there.
 *
 * @throws targets.unsupported-strategy, targets.schema-changed, targets.bad-config
 */
export function planDelta(input: PlanInput): readonly PlanStep[] {
  const { node } = input;
  assert(input.delta, 'a Delta table has a location');
  const isChanged = node.config.materialized === 'incremental' && input.delta.exists && !input.fullRefresh;
  const steps = isChanged ? changeSteps(input) : [writeStep(input, wholeMode(input)), ...pinSteps(input)];
  return frame(node, [...steps, ...finishSteps(input)]);
}

/** The steps that put a Delta relation's view over the newest version, in the place of what had its name. */
export function pinSteps(input: PlanInput): readonly PlanStep[] {
  assert(input.delta, 'a Delta table has a location');
  return [
    ...dropOther(input, 'view'),
    { kind: 'pin-delta', relation: input.target, location: input.delta.location },
  ];
}

/** What a Delta table is given after its rows: properties, constraints, clustering, comments; then its layout. */
export function finishSteps(input: PlanInput): readonly PlanStep[] {
  const { node, target, delta } = input;
  assert(delta, 'a Delta table has a location');
  const definition = deltaDefinition(node);
  const zOrder = columnNames(node.config['zorder']);
  const name = printName(target);
  return [
    ...(definition.length === 0
      ? []
      : [{ kind: 'define-delta', relation: target, location: delta.location, changes: definition } as const]),
    ...documentSteps(node, target, 'view'),
    ...(zOrder.length > 0
      ? [
          {
            kind: 'sql',
            sql: `optimize ${name} zorder by (${zOrder.map(quoteIdentifier).join(', ')})`,
          } as const,
        ]
      : columnNames(node.config['liquid_clustered_by']).length > 0
        ? [{ kind: 'sql', sql: `optimize ${name}` } as const]
        : []),
  ];
}

type WriteDelta = PlanStep & { readonly kind: 'write-delta' };

/** The step that writes a Delta table: `query`'s rows, the whole model's unless given. */
export function writeStep(
  input: PlanInput,
  how: Pick<WriteDelta, 'mode'> & Partial<Pick<WriteDelta, 'replaceWhere' | 'dynamicPartitions'>>,
  query: string = hasContract(input.node) ? contractSelect(input) : input.code,
): WriteDelta {
  const { node, delta } = input;
  assert(delta, 'a Delta table has a location');
  const isWhole =
    how.mode === 'overwrite' && how.replaceWhere === undefined && how.dynamicPartitions !== true;
  return {
    kind: 'write-delta',
    relation: input.target,
    query: query.replace(/(?:\s|;)+$/, ''),
    location: delta.location,
    // A table that has the model's columns keeps what else is said of them: ids, constraints, comments.
    schemaMode: isWhole && !hasSameColumns(input) ? 'overwrite' : appendedSchema(input, how.mode),
    partitionBy: partitionColumns(node),
    configuration: propertiesOf(node),
    ...how,
  };
}

function partitionColumns(node: ManifestNode): readonly string[] {
  return columnNames(node.config['partition_by'] ?? mapping(node, 'options')['partition_by']);
}

function wholeMode({ node }: PlanInput): Pick<WriteDelta, 'mode'> {
  const isAppended = node.config.materialized !== 'incremental' && text(node, 'mode') === 'append';
  return { mode: isAppended ? 'append' : 'overwrite' };
}

function appendedSchema({ node }: PlanInput, mode: WriteDelta['mode']): 'merge' | undefined {
  const answer = onSchemaChange(node.config.on_schema_change);
  return mode === 'append' && (answer === 'append_new_columns' || answer === 'sync_all_columns')
    ? 'merge'
    : undefined;
}

function hasSameColumns({ node, delta, existingColumns, newColumns }: PlanInput): boolean {
  if (delta?.exists !== true || newColumns.length === 0) return false;
  if (existingColumns.length !== newColumns.length) return false;
  const wanted = partitionColumns(node);
  const actual = delta.partitionBy ?? [];
  if (wanted.length !== actual.length || wanted.some((name, i) => name !== actual[i])) return false;
  return existingColumns.every((column, i) => {
    const other = newColumns[i];
    return other !== undefined && column.name === other.name && column.type === other.type;
  });
}

function changeSteps(input: PlanInput): readonly PlanStep[] {
  const { node, target } = input;
  const changes = planColumnChanges(
    target,
    input.existingColumns,
    input.newColumns,
    onSchemaChange(node.config.on_schema_change),
  );
  const altered = changes.statements.map((sql) => ({ kind: 'sql', sql }) as const);
  const strategy = strategyOf(input);
  const macro = `get_incremental_${strategy.replaceAll('+', '_')}_sql`;
  if (input.overridden(macro) || (!ours.has(strategy) && input.defined(macro))) {
    const written = viaMacro(input, changes, macro);
    return [...written.before, ...altered, ...written.after];
  }
  return [...altered, ...strategySteps(input, changes, strategy)];
}

const ours: ReadonlySet<string> = new Set([
  'append',
  'merge',
  'delete+insert',
  'insert_overwrite',
  'replace_where',
]);

function strategySteps(input: PlanInput, changes: ColumnChanges, strategy: string): readonly PlanStep[] {
  const { node, target } = input;
  const predicates = [...textList(node, 'predicates'), ...textList(node, 'incremental_predicates')];
  const rows = columnsOf(changes, subquery(input.code));
  const written = (how: Parameters<typeof writeStep>[1]): readonly PlanStep[] => [
    { ...writeStep(input, how, rows), schemaMode: lacksColumns(input, changes) ? 'merge' : undefined },
    ...pinSteps(input),
  ];
  switch (strategy) {
    case 'append':
      return written({ mode: 'append' });
    case 'insert_overwrite': {
      const dynamicPartitions = partitionColumns(node).length > 0;
      return written({ mode: 'overwrite', dynamicPartitions });
    }
    case 'replace_where': {
      const condition = text(node, 'replace_where') ?? predicates.map((one) => `(${one})`).join(' and ');
      if (condition !== '') return written({ mode: 'overwrite', replaceWhere: condition });
      break;
    }
    case 'merge':
      return [
        {
          kind: 'sql',
          sql: mergeSql({
            node,
            target: printName(target),
            source: subquery(input.code),
            columns: changes.columns,
            predicates,
            isDelta: true,
            lacksColumns: lacksColumns(input, changes),
          }),
          main: true,
        },
      ];
    case 'delete+insert': {
      if (textList(node, 'unique_key').length === 0) return written({ mode: 'append' });
      return [{ kind: 'sql', sql: deleteAndInsert(input, changes, predicates), main: true }];
    }
  }
  throw targetErrors['unsupported-strategy'](
    { node: node.unique_id, strategy, on: 'a Delta table' },
    {
      location: { file: node.original_file_path },
      hint:
        strategy === 'replace_where'
          ? "Set 'incremental_predicates' to the condition whose rows are replaced."
          : 'Use append, merge, delete+insert, insert_overwrite, replace_where or microbatch, or define a macro for it.',
    },
  );
}

/** Whether the table keeps columns that the model has no more: they are null in new rows. */
function lacksColumns({ existingColumns, node }: PlanInput, { columns }: ColumnChanges): boolean {
  if (onSchemaChange(node.config.on_schema_change) !== 'append_new_columns') return false;
  const given = new Set(columns.map(({ name }) => name.toLowerCase()));
  return existingColumns.some(({ name }) => !given.has(name.toLowerCase()));
}

/**
 * Deletes the rows that share a key with a new one and inserts the new ones, in one commit: each key comes once to
 * delete, and each row once to insert, which meets nothing.
 */
function deleteAndInsert(
  { node, target, code }: PlanInput,
  { columns }: ColumnChanges,
  predicates: readonly string[],
): string {
  const keys = textList(node, 'unique_key');
  const names = keys.map((_, index) => `dbt_key_${index}`);
  const list = columns.map((column) => quoteIdentifier(column.name));
  const same = keys.map((key, index) => `DBT_INTERNAL_SOURCE.${names[index]} = ${ofTarget(key)}`);
  const on = [...same, 'DBT_INTERNAL_SOURCE.dbt_is_key', ...predicates.map((one) => `(${one})`)];
  return `merge into ${printName(target)} as DBT_INTERNAL_DEST
using (
  with new_rows as materialized ${subquery(code)}
  select distinct ${keys.map((key, index) => `${key} as ${names[index]}`).join(', ')}, true as dbt_is_key from new_rows
  union all by name
  select ${list.join(', ')}, false as dbt_is_key from new_rows
) as DBT_INTERNAL_SOURCE
on ${on.join(' and ')}
when matched then delete
when not matched and not DBT_INTERNAL_SOURCE.dbt_is_key then insert (${list.join(', ')}) values (${list.map((name) => `DBT_INTERNAL_SOURCE.${name}`).join(', ')})`;
}

/** A key is a column's name, or an expression over columns, which the new rows don't have in a MERGE. */
function ofTarget(key: string): string {
  return /^(?:\w+|"(?:[^"]|"")*")$/.test(key.trim()) ? `DBT_INTERNAL_DEST.${key.trim()}` : `(${key})`;
}

/** Casts to the contract's types: a Delta table has no other place to keep them. */
function contractSelect(input: PlanInput): string {
  const columns = Object.values(input.node.columns).map((column) => quoteIdentifier(column.name));
  return `select ${columns.join(', ')} from ${subquery(input.code)} as model`;
}

/** The rows' columns that are written, where it is known which. */
function columnsOf({ columns }: ColumnChanges, rows: string): string {
  const list = columns.length === 0 ? '*' : columns.map((column) => quoteIdentifier(column.name)).join(', ');
  return `select ${list} from ${rows} as new_rows`;
}
