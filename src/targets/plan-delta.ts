/**
 * Plans of models whose rows are a Delta table. Pure.
 *
 * The engine has a view over one version of the table; each step that writes is one commit of the table, and the
 * view is made anew over it. Readers of the catalog see the new version when the run publishes.
 */
import { assert } from '../base/index.ts';
import type { ManifestNode, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import type { AlterChange } from '../tables/index.ts';
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
  const steps = isChanged
    ? afterMove(input, changeSteps)
    : [writeStep(input, wholeMode(input)), ...pinSteps(input)];
  return frame(node, [...steps, ...finishSteps(input)]);
}

/**
 * The steps of `plan`, after those that move the rows into the Delta table where DuckDB kept them until now: what
 * a model or snapshot has collected stays when its format changes.
 */
export function afterMove(
  input: PlanInput,
  plan: (input: PlanInput) => readonly PlanStep[],
): readonly PlanStep[] {
  if (input.delta?.moves !== true || input.existing === undefined) return plan(input);
  const moved = writeStep(input, { mode: 'overwrite' }, `select * from ${printName(input.existing)}`);
  return [
    { ...moved, schemaMode: 'overwrite', counted: false },
    ...pinSteps(input),
    ...plan({ ...input, existing: { ...input.existing, kind: 'view' } }),
  ];
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
  const altered = alterSteps(input, changes);
  const strategy = strategyOf(input);
  const macro = `get_incremental_${strategy.replaceAll('+', '_')}_sql`;
  if (input.overridden(macro) || (!ours.has(strategy) && input.defined(macro))) {
    const written = viaMacro(input, changes, macro);
    return [...written.before, ...altered, ...written.after];
  }
  return [...altered, ...strategySteps(input, changes, strategy)];
}

/**
 * The step that changes the table's columns: one commit, or none where one of the changes isn't possible. The
 * properties come first, since they decide what is: a column is dropped with column mapping, retyped with type widening.
 */
export function alterSteps(
  { node, target, delta }: PlanInput,
  { added, removed, retyped }: ColumnChanges,
): readonly PlanStep[] {
  assert(delta, 'a Delta table has a location');
  const changes: AlterChange[] = [
    ...added.map(({ name, type }) => ({ kind: 'add-column', column: { name, type } }) as const),
    ...removed.map(({ name }) => ({ kind: 'drop-column', column: [name] }) as const),
    ...retyped.map(({ name, type }) => ({ kind: 'change-type', column: [name], type }) as const),
  ];
  if (changes.length === 0) return [];
  const properties = propertiesOf(node);
  if (Object.keys(properties).length > 0) changes.unshift({ kind: 'set-properties', properties });
  return [{ kind: 'define-delta', relation: target, location: delta.location, changes }];
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
  const rows = `select ${writtenColumns(input, changes)} from ${subquery(input.code)} as new_rows`;
  const written = (how: Parameters<typeof writeStep>[1]): readonly PlanStep[] => [
    { ...writeStep(input, how, rows), schemaMode: narrowedSchema(input, changes) },
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
            columns: givenColumns(input, changes),
            predicates,
            isDelta: true,
            lacksColumns: lacksColumns(input, givenColumns(input, changes)),
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

/** How rows are written that lack columns which the table keeps. */
export function narrowedSchema(input: PlanInput, { columns }: ColumnChanges): 'merge' | undefined {
  const keeps = onSchemaChange(input.node.config.on_schema_change) === 'append_new_columns';
  return keeps && lacksColumns(input, columns) ? 'merge' : undefined;
}

/** Whether the table has columns that aren't written: they are null in new rows. */
function lacksColumns({ existingColumns }: PlanInput, written: readonly WarehouseColumn[]): boolean {
  const given = byName(written);
  return existingColumns.some(({ name }) => !given.has(name.toLowerCase()));
}

/**
 * Deletes the rows that share a key with a new one and inserts the new ones, in one commit: each key comes once to
 * delete, and each row once to insert, which meets nothing. The new rows' columns go by names of their own, so that
 * in keys and predicates a bare name is the table's, as it is in dbt's DELETE.
 */
function deleteAndInsert(
  { node, target, code }: PlanInput,
  { columns }: ColumnChanges,
  predicates: readonly string[],
): string {
  const keys = textList(node, 'unique_key');
  const list = columns.map((column) => quoteIdentifier(column.name));
  const keyed = keys.map((key, index) => `${keyText(key)} as dbt_key_${index}`);
  const renamed = list.map((name, index) => `${name} as dbt_row_${index}`);
  const same = keys.map((key, index) => `DBT_INTERNAL_SOURCE.dbt_key_${index} = ${ofTarget(key)}`);
  const narrowed = predicates.map(
    (one) => `(${one.replace(/\bDBT_INCREMENTAL_TARGET\b/gi, 'DBT_INTERNAL_DEST')})`,
  );
  const values = list.map((_, index) => `DBT_INTERNAL_SOURCE.dbt_row_${index}`);
  return `merge into ${printName(target)} as DBT_INTERNAL_DEST
using (
  with new_rows as materialized ${subquery(code)}
  select distinct ${keyed.join(', ')}, true as dbt_is_key from new_rows
  union all by name
  select ${renamed.join(', ')}, false as dbt_is_key from new_rows
) as DBT_INTERNAL_SOURCE
on ${[...same, 'DBT_INTERNAL_SOURCE.dbt_is_key', ...narrowed].join(' and ')}
when matched then delete
when not matched and not DBT_INTERNAL_SOURCE.dbt_is_key then insert (${list.join(', ')}) values (${values.join(', ')})`;
}

/** A key is a column's name, or an expression over columns; `a, b` is two values that are compared as one. */
function keyText(key: string): string {
  return isName(key) ? key.trim() : `(${key})`;
}

function ofTarget(key: string): string {
  return isName(key) ? `DBT_INTERNAL_DEST.${key.trim()}` : `(${key})`;
}

function isName(key: string): boolean {
  return /^(?:\w+|"(?:[^"]|"")*")$/.test(key.trim());
}

/** Casts to the contract's types: a Delta table has no other place to keep them. */
function contractSelect(input: PlanInput): string {
  const columns = Object.values(input.node.columns).map((column) => quoteIdentifier(column.name));
  return `select ${columns.join(', ')} from ${subquery(input.code)} as model`;
}

/**
 * The rows' columns that are written, where it is known which. A value becomes what the table's column is, as it does
 * in an INSERT of DuckDB, and in a merge.
 */
export function writtenColumns(
  { existingColumns, newColumns }: PlanInput,
  { columns, retyped }: ColumnChanges,
): string {
  if (columns.length === 0) return '*';
  const known = byName(existingColumns);
  const given = byName(newColumns);
  const isRetyped = byName(retyped);
  return columns
    .map(({ name }) => {
      const key = name.toLowerCase();
      const quoted = quoteIdentifier(name);
      const wanted = isRetyped.has(key) ? undefined : known.get(key);
      const from = given.get(key);
      if (wanted === undefined || from === undefined || from.type === wanted.type) return quoted;
      return `cast(${quoted} as ${wanted.type}) as ${quoted}`;
    })
    .join(', ');
}

/** The columns that are written and that the rows have: a merge leaves the others as they are. */
function givenColumns({ newColumns }: PlanInput, { columns }: ColumnChanges): readonly WarehouseColumn[] {
  if (newColumns.length === 0) return columns;
  const given = byName(newColumns);
  return columns.filter(({ name }) => given.has(name.toLowerCase()));
}

function byName(columns: readonly WarehouseColumn[]): ReadonlyMap<string, WarehouseColumn> {
  return new Map(columns.map((column) => [column.name.toLowerCase(), column]));
}
