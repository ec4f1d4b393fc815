/**
 * Plans of incremental models whose rows are files. Pure.
 *
 * Files never change, so a run that changes rows writes the files they are in anew and keeps the others: rows are
 * added as new files, a partition is replaced by the run's own files, and a key that comes again has those files
 * rewritten that hold it. Where the output is one file, that is all of it. Whatever the strategy, the new files take
 * the old ones' place in one step.
 */
import { assert } from '../base/index.ts';
import type { WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { type ColumnChanges, onSchemaChange, planColumnChanges } from './column-changes.ts';
import { targetErrors } from './errors.ts';
import { changesUnmatched, mergeJoin, mergeSql } from './merge-sql.ts';
import { textList } from './node-config.ts';
import type { ExternalOutput, KeptFiles, PlanStep } from './plan.ts';
import { writtenColumns } from './plan-delta.ts';
import { checkSteps, planExternal } from './plan-external.ts';
import { documentSteps, frame, subquery } from './plan-frame.ts';
import { strategyMacro, viaMacro } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/**
 * Changes the model's files by its strategy, or writes them all.
 *
 * @throws targets.schema-changed, targets.unsupported-strategy, targets.bad-config, targets.unsupported-config
 */
export function planExternalIncremental(input: PlanInput): readonly PlanStep[] {
  if (isWhole(input)) return planExternal({ ...input, output: growing(input) });
  const checked = checkSteps(input);
  if (checked === undefined) return frame(input.node, [...changeSteps(input)], [swap(input)]);
  const steps = changeSteps({ ...input, code: `select * from ${checked.rows}` });
  return frame(input.node, [...checked.before, ...steps, ...checked.after], [swap(input)]);
}

/** Replaces the rows of a stretch of time, `condition`, by those that `query` gives. */
export function planExternalBatch(
  input: PlanInput,
  condition: string,
  query: string,
  hooks: { readonly pre: boolean; readonly post: boolean },
): readonly PlanStep[] {
  const of = { ...input, code: query };
  const changes = changesOf(of);
  return frame(input.node, [...rewrite(of, changes, condition)], [swap(of)], hooks);
}

/** Whether all of the files are written, because there are none yet or the user wants them anew. */
export function isWhole(input: Pick<PlanInput, 'standing' | 'existing' | 'fullRefresh'>): boolean {
  return input.fullRefresh || (input.standing === undefined && input.existing?.kind !== 'table');
}

/** The strategy: a partitioned model without a key replaces the partitions that its rows are in. */
export function fileStrategy({ node, output }: Pick<PlanInput, 'node' | 'output'>): string {
  const { incremental_strategy: strategy } = node.config;
  if (strategy !== null && strategy !== undefined && strategy !== 'default') return strategy;
  const hasKey = textList(node, 'unique_key').length > 0;
  return !hasKey && (output?.partitionBy.length ?? 0) > 0 ? 'insert_overwrite' : 'delete+insert';
}

/** An output whose files come from several runs: they may differ in their columns. */
function growing({ output }: PlanInput): ExternalOutput {
  assert(output, 'an external relation has an output');
  const isSaid = output.readOptions.some((option) => option.startsWith('union_by_name'));
  if (!output.isDirectory || isSaid) return { ...output, append: false };
  return { ...output, append: false, readOptions: [...output.readOptions, 'union_by_name = true'] };
}

function changeSteps(input: PlanInput): readonly PlanStep[] {
  const { node } = input;
  const changes = changesOf(input);
  const strategy = fileStrategy(input);
  const macro = strategyMacro(strategy);
  if (input.overridden(macro) || (!ours.has(strategy) && input.defined(macro))) {
    return byMacro(input, changes, macro);
  }
  const rewritesAll = changes.removed.length + changes.retyped.length > 0;
  const isPartitioned = growing(input).partitionBy.length > 0;
  switch (strategy) {
    case 'append':
      return rewritesAll || !isFolder(input) ? rewrite(input, changes, 'false') : add(input, changes, 'all');
    case 'insert_overwrite':
      if (isPartitioned && rewritesAll) return rewrite(input, changes, samePartition(input));
      return add(input, changes, isPartitioned && isFolder(input) ? 'other-partitions' : 'none');
    case 'delete+insert': {
      const keys = textList(node, 'unique_key');
      if (keys.length === 0 && isFolder(input) && !rewritesAll) return add(input, changes, 'all');
      return rewrite(input, changes, keys.length === 0 ? 'false' : sameKey(input));
    }
    case 'merge':
      return merge(input, changes);
    default:
      throw targetErrors['unsupported-strategy'](
        { node: node.unique_id, strategy, on: 'files' },
        {
          location: { file: node.original_file_path },
          hint: `Use append, delete+insert, merge, insert_overwrite or microbatch, or define the macro ${macro}.`,
        },
      );
  }
}

const ours: ReadonlySet<string> = new Set(['append', 'delete+insert', 'merge', 'insert_overwrite']);

/** Whether files can be kept beside new ones. */
function isFolder({ standing, output }: PlanInput): boolean {
  return standing !== undefined && output?.isDirectory === true;
}

function changesOf({ node, target, existingColumns, newColumns }: PlanInput): ColumnChanges {
  return planColumnChanges(target, existingColumns, newColumns, onSchemaChange(node.config.on_schema_change));
}

/** The columns that the relation has in the end. */
function finalColumns(
  { existingColumns }: PlanInput,
  { added, removed, retyped }: ColumnChanges,
): readonly WarehouseColumn[] {
  const gone = new Set(removed.map(({ name }) => name.toLowerCase()));
  const types = new Map(retyped.map((column) => [column.name.toLowerCase(), column.type]));
  return [
    ...existingColumns
      .filter(({ name }) => !gone.has(name.toLowerCase()))
      .map(({ name, type }) => ({ name, type: types.get(name.toLowerCase()) ?? type })),
    ...added,
  ];
}

/** New files beside those that stay. */
function add(
  input: PlanInput,
  changes: ColumnChanges,
  kept: 'all' | 'other-partitions' | 'none',
): readonly PlanStep[] {
  const query = `select ${writtenColumns(input, changes)} from ${subquery(input.code)} as new_rows`;
  const { standing } = input;
  const keep: KeptFiles | undefined =
    kept === 'none' || standing === undefined ? undefined : { kind: kept, standing };
  return [
    { kind: 'stage-external', query, output: growing(input), ...(keep === undefined ? {} : { keep }) },
    ...shown(input, changes),
  ];
}

/** The files that hold rows for which `condition` is true are written without those, and with the new rows. */
function rewrite(input: PlanInput, changes: ColumnChanges, condition: string): readonly PlanStep[] {
  const names = namesOf(input);
  const isPart = isFolder(input) && changes.removed.length + changes.retyped.length === 0;
  const stays = `(${condition}) is not true`;
  const where = isPart ? `dbt_file in (select dbt_file from ${names.touched}) and ${stays}` : stays;
  return [
    rowsStep(input),
    ...oldSteps(input),
    ...(isPart ? [touchedStep(input, `where ${condition}`, 'DBT_INCREMENTAL_TARGET')] : []),
    {
      kind: 'stage-external',
      query: `select ${oldList(input, changes)} from ${names.old} as DBT_INCREMENTAL_TARGET
where ${where}
union all by name
select ${writtenColumns(input, changes)} from ${names.rows}`,
      output: growing(input),
      counted: false,
      ...untouched(input, isPart),
    },
    ...dropSteps([`view ${names.old}`, `table ${names.rows}`, ...(isPart ? [`table ${names.touched}`] : [])]),
    ...shown(input, changes),
  ];
}

/** MERGE, into a table of the rows in those files that it touches. */
function merge(input: PlanInput, changes: ColumnChanges): readonly PlanStep[] {
  const { node } = input;
  const names = namesOf(input);
  const predicates = [...textList(node, 'predicates'), ...textList(node, 'incremental_predicates')];
  const isPart =
    isFolder(input) && changes.removed.length + changes.retyped.length === 0 && !changesUnmatched(node);
  const given = new Set(input.newColumns.map(({ name }) => name.toLowerCase()));
  const columns = changes.columns.filter(({ name }) => given.size === 0 || given.has(name.toLowerCase()));
  const merged = { node, target: names.changed, source: names.rows, columns, predicates };
  const join = mergeJoin(merged);
  return [
    rowsStep(input),
    ...oldSteps(input),
    ...(isPart
      ? [touchedStep(input, `semi join ${names.rows} as ${join.source} ${join.clause}`, join.target)]
      : []),
    {
      kind: 'sql',
      sql: `create or replace temporary table ${names.changed} as select ${oldList(input, changes)} from ${names.old}${
        isPart ? `\nwhere dbt_file in (select dbt_file from ${names.touched})` : ''
      }`,
    },
    {
      kind: 'sql',
      sql: mergeSql({ ...merged, lacksColumns: finalColumns(input, changes).length > columns.length }),
      main: true,
    },
    {
      kind: 'stage-external',
      query: `select * from ${names.changed}`,
      output: growing(input),
      counted: false,
      ...untouched(input, isPart),
    },
    ...dropSteps([
      `view ${names.old}`,
      `table ${names.rows}`,
      `table ${names.changed}`,
      ...(isPart ? [`table ${names.touched}`] : []),
    ]),
    ...shown(input, changes),
  ];
}

/** A macro of the user's changes a table that has all rows, which are then written. */
function byMacro(input: PlanInput, changes: ColumnChanges, macro: string): readonly PlanStep[] {
  const names = namesOf(input);
  const changed = { database: '', schema: '', identifier: `${input.target.identifier}__dbt_new` };
  const written = viaMacro({ ...input, target: changed }, changes, macro);
  return [
    ...oldSteps(input),
    {
      kind: 'sql',
      sql: `create or replace temporary table ${names.changed} as select ${oldList(input, changes)} from ${names.old}`,
    },
    ...written.before,
    ...written.after,
    {
      kind: 'stage-external',
      query: `select * from ${names.changed}`,
      output: growing(input),
      counted: false,
    },
    ...dropSteps([`view ${names.old}`, `table ${names.changed}`]),
    ...shown(input, changes),
  ];
}

/** Temporary names of this model's: DuckDB finds them without a schema, and no other session can. */
function namesOf({ target }: PlanInput): Readonly<Record<'rows' | 'old' | 'touched' | 'changed', string>> {
  const name = (suffix: string): string => quoteIdentifier(`${target.identifier}__dbt_${suffix}`);
  return { rows: name('tmp'), old: name('old'), touched: name('touched'), changed: name('new') };
}

function rowsStep(input: PlanInput): PlanStep {
  const sql = `create or replace temporary table ${namesOf(input).rows} as ${subquery(input.code)}`;
  return { kind: 'sql', sql, main: fileStrategy(input) !== 'merge' };
}

/** A view of the rows that are there, each with the file it is in. */
function oldSteps(input: PlanInput): readonly PlanStep[] {
  const { standing, existing, existingColumns } = input;
  const view = namesOf(input).old;
  if (standing !== undefined) {
    return [{ kind: 'read-external', view, output: growing(input), standing, columns: existingColumns }];
  }
  assert(existing, 'rows that are in no file are in a table');
  // What a model has collected stays when it becomes files.
  const sql = `create or replace temporary view ${view} as select *, '' as dbt_file from ${printName(existing)}`;
  return [{ kind: 'sql', sql }];
}

function touchedStep(input: PlanInput, condition: string, alias: string): PlanStep {
  const { touched, old } = namesOf(input);
  const sql = `create or replace temporary table ${touched} as select distinct ${alias}.dbt_file from ${old} as ${alias}\n${condition}`;
  return { kind: 'sql', sql };
}

function untouched(input: PlanInput, isPart: boolean): { readonly keep?: KeptFiles } {
  const { standing } = input;
  if (!isPart || standing === undefined) return {};
  return { keep: { kind: 'untouched', standing, touched: namesOf(input).touched } };
}

function oldList(input: PlanInput, changes: ColumnChanges): string {
  const known = new Set(input.existingColumns.map(({ name }) => name.toLowerCase()));
  const isRetyped = new Set(changes.retyped.map(({ name }) => name.toLowerCase()));
  return finalColumns(input, changes)
    .map(({ name, type }) => {
      const quoted = quoteIdentifier(name);
      if (!known.has(name.toLowerCase())) return `cast(null as ${type}) as ${quoted}`;
      return isRetyped.has(name.toLowerCase()) ? `cast(${quoted} as ${type}) as ${quoted}` : quoted;
    })
    .join(', ');
}

/** Rows of partitions that a new row is in. */
function samePartition(input: PlanInput): string {
  const { rows } = namesOf(input);
  const same = growing(input).partitionBy.map(
    (name) =>
      `${rows}.${quoteIdentifier(name)} is not distinct from DBT_INCREMENTAL_TARGET.${quoteIdentifier(name)}`,
  );
  return `exists (select 1 from ${rows} where ${same.join(' and ')})`;
}

/** Rows that share a key with a new one, by dbt's DELETE: a key of one text may be an expression. */
function sameKey(input: PlanInput): string {
  const { node } = input;
  const { rows } = namesOf(input);
  const keys = textList(node, 'unique_key');
  const predicates = [...textList(node, 'predicates'), ...textList(node, 'incremental_predicates')];
  const match = Array.isArray(node.config.unique_key)
    ? `exists (select 1 from ${rows} where ${keys.map((key) => `${rows}.${key} = DBT_INCREMENTAL_TARGET.${key}`).join(' and ')})`
    : `(${keys[0]}) in (select (${keys[0]}) from ${rows})`;
  return [match, ...predicates.map((one) => `(${one})`)].join(' and ');
}

function dropSteps(things: readonly string[]): readonly PlanStep[] {
  return things.map((thing) => ({ kind: 'sql', sql: `drop ${thing}` }) as const);
}

function shown(input: PlanInput, changes: ColumnChanges): readonly PlanStep[] {
  const { node, target } = input;
  return [
    ...dropOther(input, 'view'),
    {
      kind: 'view-external',
      relation: target,
      output: growing(input),
      columns: finalColumns(input, changes),
    },
    ...documentSteps(node, target, 'view'),
  ];
}

function swap(input: PlanInput): PlanStep {
  return { kind: 'swap-external', relation: input.target, output: growing(input) };
}
