/** Columns added, renamed, dropped, moved and described anew. Pure. */
import { type Json, nearest } from '../../base/index.ts';
import { columnMappingMode, type StructField } from '../../delta/index.ts';
import { parseColumnList } from '../write/stats-plan.ts';
import type { AlterChange, ColumnPosition } from './alter-change.ts';
import { type AlterState, withConfiguration } from './alter-state.ts';
import { columnsIn } from './clustering.ts';
import { fieldOf } from './column-fields.ts';
import { changeField, changeSiblings, changeType, fieldNamed, findColumn, printPath } from './column-path.ts';
import { alterErrors } from './errors.ts';
import { columnsUsed } from './expression-checks.ts';
import { constraintPrefix } from './property-rules.ts';

type Of<K extends AlterChange['kind']> = Extract<AlterChange, { kind: K }>;

/** @throws tables.column-exists, tables.no-such-column, tables.bad-column-spec */
export function addColumn(state: AlterState, change: Of<'add-column'>): AlterState {
  const { table, schema } = state;
  const field = fieldOf(table, change.column);
  const parent = change.parent === undefined ? undefined : findColumn(table, schema, change.parent);
  const bad = (problem: string, hint: string): Error =>
    alterErrors['bad-column-spec']({ table, column: field.name, problem, hint });
  const siblings = parent === undefined ? schema : parent.type;
  if (siblings.kind !== 'struct') {
    throw bad(
      `${printPath(parent?.names ?? [])} is no struct, and can't get members`,
      'Name a struct as its parent.',
    );
  }
  if (fieldNamed(siblings.fields, field.name) !== undefined) {
    if (change.ifNotExists === true) return state;
    throw alterErrors['column-exists']({ table, column: printPath([...(parent?.names ?? []), field.name]) });
  }
  if (field.metadata['CURRENT_DEFAULT'] !== undefined) {
    throw bad(
      'a column that is added has no default yet: rows that are there keep null in it',
      'Add it without, and set the default after that.',
    );
  }
  const hasFiles = state.snapshot.files.size > 0;
  const { generatedAs, identity } = change.column;
  if (hasFiles && (!field.nullable || generatedAs !== undefined || identity !== undefined)) {
    const what = field.nullable ? 'computed' : 'NOT NULL';
    throw bad(
      `the rows that are there have null in it, so it can't be ${what}`,
      'Add it as a plain column that may be null, fill it, and then change it.',
    );
  }
  const names = [...(parent?.names ?? []), field.name];
  const changed = changeSiblings(schema, names, (fields) => placed(state, fields, field, change.position));
  const expressions =
    generatedAs === undefined
      ? state.expressions
      : [...state.expressions, { kind: 'generated', field, expression: generatedAs } as const];
  const rests = !field.nullable || generatedAs !== undefined || identity !== undefined;
  return { ...state, schema: changed, expressions, readsFiles: state.readsFiles || rests };
}

/** @throws tables.needs-column-mapping, tables.column-exists, tables.column-in-use, tables.no-such-column */
export function renameColumn(state: AlterState, change: Of<'rename-column'>): AlterState {
  const { table, schema, metadata } = state;
  const { names, part } = findColumn(table, schema, change.column);
  const column = printPath(names);
  if (part.length > 0) throw notAField(table, column);
  const from = names.at(-1) ?? '';
  const { to } = change;
  if (from === to) return state;
  if (columnMappingMode(metadata) === 'none') {
    throw alterErrors['needs-column-mapping']({ table, column, doing: 'rename' });
  }
  assertUnused(state, names, 'rename');
  const renamed = changeSiblings(schema, names, (fields) => {
    const taken = fields.find(
      (field) => field.name !== from && field.name.toLowerCase() === to.toLowerCase(),
    );
    if (taken !== undefined) throw alterErrors['column-exists']({ table, column: taken.name });
    return fields.map((field) => (field.name === from ? { ...field, name: to } : field));
  });
  const partitionColumns =
    names.length === 1
      ? metadata.partitionColumns.map((name) => (name === from ? to : name))
      : metadata.partitionColumns;
  const next: AlterState = { ...state, schema: renamed, metadata: { ...metadata, partitionColumns } };
  return withStatsColumns(next, (path) =>
    startsWith(path, names) ? [...names.slice(0, -1), to, ...path.slice(names.length)] : path,
  );
}

/** @throws tables.needs-column-mapping, tables.column-in-use, tables.no-such-column, tables.bad-column-spec */
export function dropColumn(state: AlterState, change: Of<'drop-column'>): AlterState {
  const { table, schema, metadata } = state;
  const found = findIfAny(state, change);
  if (found === undefined) return state;
  const { names, part } = found;
  const column = printPath(names);
  if (part.length > 0) throw notAField(table, column);
  if (columnMappingMode(metadata) === 'none') {
    throw alterErrors['needs-column-mapping']({ table, column, doing: 'drop' });
  }
  assertUnused(state, names, 'drop');
  const users: string[] = [];
  if (names.length === 1 && metadata.partitionColumns.includes(column)) users.push('the partitioning');
  const clustered = state.clustering === undefined ? [] : columnsIn(state.clustering, schema, metadata);
  if (clustered.some((path) => startsWith(path, names))) users.push('the clustering');
  if (users.length > 0) throw alterErrors['column-in-use']({ table, column, doing: 'drop', by: users });
  const dropped = changeSiblings(schema, names, (fields) => {
    const left = fields.filter((field) => field.name !== names.at(-1));
    const onlyPartitions =
      names.length === 1 && left.every(({ name }) => metadata.partitionColumns.includes(name));
    if (left.length > 0 && !onlyPartitions) return left;
    const problem = 'it is the last one, and can not be dropped';
    throw alterErrors['bad-column-spec']({ table, column, problem });
  });
  return withStatsColumns({ ...state, schema: dropped }, (path) =>
    startsWith(path, names) ? undefined : path,
  );
}

/** @throws tables.no-such-column */
export function moveColumn(state: AlterState, change: Of<'move-column'>): AlterState {
  const { table, schema } = state;
  const { names, part, field } = findColumn(table, schema, change.column);
  if (part.length > 0) throw notAField(table, printPath(names));
  const moved = changeSiblings(schema, names, (fields) =>
    placed(
      state,
      fields.filter(({ name }) => name !== field.name),
      field,
      change.position,
    ),
  );
  return { ...state, schema: moved };
}

/** @throws tables.no-such-column */
export function changeNullability(
  state: AlterState,
  change: Of<'set-not-null'> | Of<'drop-not-null'>,
): AlterState {
  const { table, schema } = state;
  const nullable = change.kind === 'drop-not-null';
  const { names, part, field, type } = findColumn(table, schema, change.column);
  const last = part.at(-1);
  const changed =
    last === undefined
      ? changeField(schema, names, (found) => ({ ...found, nullable }))
      : changeType(schema, names.slice(0, -1), (outer) => {
          if (outer.kind === 'array') return { ...outer, containsNull: nullable };
          if (outer.kind === 'map' && last === 'value') return { ...outer, valueContainsNull: nullable };
          const problem = `the keys of a map, ${printPath(names)}, are never null`;
          throw alterErrors['bad-column-spec']({ table, column: printPath(names), problem });
        });
  if (nullable) return { ...state, schema: changed };
  if (last === undefined && !field.nullable) return state;
  if (type.kind === 'primitive' && type.name === 'void') {
    const problem = 'a void column holds nothing but null';
    throw alterErrors['bad-column-spec']({ table, column: printPath(names), problem });
  }
  return {
    ...state,
    schema: changed,
    rules: [...state.rules, { kind: 'not-null', names }],
    readsFiles: true,
  };
}

/** @throws tables.no-such-column */
export function commentColumn(state: AlterState, change: Of<'comment-column'>): AlterState {
  return withFieldMetadata(state, change.column, 'comment', change.comment);
}

/** @throws tables.no-such-column, tables.bad-column-spec */
export function changeDefault(state: AlterState, change: Of<'set-default'> | Of<'drop-default'>): AlterState {
  const { table } = state;
  const { names, field, fields } = findColumn(table, state.schema, change.column);
  if (change.kind === 'drop-default')
    return withFieldMetadata(state, change.column, 'CURRENT_DEFAULT', undefined);
  const bad = (problem: string): Error =>
    alterErrors['bad-column-spec']({ table, column: printPath(names), problem });
  if (fields.length !== 1 || names.length !== 1) throw bad('only top-level columns have defaults');
  if (field.metadata['delta.generationExpression'] !== undefined)
    throw bad('it is generated, so it has no default');
  if (field.metadata['delta.identity.start'] !== undefined) {
    throw bad('it is an identity column, so it has no default');
  }
  const next = withFieldMetadata(state, change.column, 'CURRENT_DEFAULT', change.expression);
  const tried = { kind: 'default', field, expression: change.expression } as const;
  return { ...next, expressions: [...next.expressions, tried] };
}

/** What would no longer mean the same, or anything, without the column. @throws tables.column-in-use */
export function assertUnused(state: AlterState, names: readonly string[], doing: string): void {
  const { table, schema, metadata } = state;
  const [top] = names;
  const by: string[] = [];
  for (const [key, expression] of metadata.configuration) {
    if (!key.startsWith(constraintPrefix)) continue;
    const name = key.slice(constraintPrefix.length);
    if (columnsUsed(expression, schema).includes(top ?? ''))
      by.push(`the constraint '${name}' (${expression})`);
  }
  for (const field of schema.fields) {
    const expression = field.metadata['delta.generationExpression'];
    if (typeof expression !== 'string') continue;
    const uses = columnsUsed(expression, schema).includes(top ?? '');
    if (uses) by.push(`the generated column '${field.name}' (${expression})`);
  }
  if (by.length > 0) throw alterErrors['column-in-use']({ table, column: printPath(names), doing, by });
}

function findIfAny(
  { table, schema }: AlterState,
  change: Of<'drop-column'>,
): ReturnType<typeof findColumn> | undefined {
  try {
    return findColumn(table, schema, change.column);
  } catch (error) {
    if (change.ifExists === true && (error as { code?: unknown }).code === 'tables.no-such-column')
      return undefined;
    throw error;
  }
}

function notAField(table: string, column: string): Error {
  const problem = 'it is part of a list or map, and has no name or place of its own';
  return alterErrors['bad-column-spec']({ table, column, problem });
}

function placed(
  { table }: AlterState,
  fields: readonly StructField[],
  field: StructField,
  position: ColumnPosition | undefined,
): readonly StructField[] {
  if (position === undefined) return [...fields, field];
  if (position === 'first') return [field, ...fields];
  const after = fieldNamed(fields, position.after);
  if (after === undefined) {
    const near = nearest(
      position.after,
      fields.map(({ name }) => name),
    );
    throw alterErrors['no-such-column']({ table, column: position.after, near });
  }
  return fields.flatMap((other) => (other === after ? [other, field] : [other]));
}

function withFieldMetadata(
  state: AlterState,
  column: Of<'comment-column'>['column'],
  key: string,
  value: Json | undefined,
): AlterState {
  const { names, part } = findColumn(state.table, state.schema, column);
  if (part.length > 0) throw notAField(state.table, printPath(names));
  const schema = changeField(state.schema, names, (field) => {
    const { [key]: _, ...rest } = field.metadata;
    return { ...field, metadata: value === undefined ? rest : { ...rest, [key]: value } };
  });
  return { ...state, schema };
}

/** The columns that get statistics are named in a property, which follows them. */
function withStatsColumns(
  state: AlterState,
  change: (path: readonly string[]) => readonly string[] | undefined,
): AlterState {
  const named = state.metadata.configuration.get(statsColumns);
  if (named === undefined) return state;
  return withConfiguration(state, (configuration) => {
    const kept = parseColumnList(named).flatMap((path) => {
      const changed = change(path);
      return changed === undefined ? [] : [printPath(changed)];
    });
    if (kept.length === 0) configuration.delete(statsColumns);
    else configuration.set(statsColumns, kept.join(','));
  });
}

const statsColumns = 'delta.dataSkippingStatsColumns';

function startsWith(path: readonly string[], names: readonly string[]): boolean {
  return names.every((name, index) => path[index]?.toLowerCase() === name.toLowerCase());
}
