/** The methods that every adapter of dbt has. */
import { bindArguments, type CallInfo, Dict, Tuple, type Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { Adapter, AdapterMethod } from './adapter.ts';
import { AgateTable } from './agate-table.ts';
import { optionalBoolean, optionalInteger, optionalText, requiredText } from './arguments.ts';
import { withBindings } from './bindings.ts';
import { Column } from './column.ts';
import { ConfigObject } from './config-object.ts';
import { dispatch, strategyMacro } from './dispatch.ts';
import { Relation } from './relation.ts';
import { ResponseObject } from './results.ts';
import { agateTableOf } from './warehouse-values.ts';

/** Methods by name. */
export const adapterMethods: Readonly<Record<string, AdapterMethod>> = {
  type: (a) => a.input.target.type,
  quote: (_, args) => `"${requiredText('identifier', args[0]).replaceAll('"', '""')}"`,
  quote_as_configured: (_, args, kwargs) => {
    const { values } = bindArguments('quote_as_configured', ['identifier', 'quote_key'], args, kwargs);
    return `"${requiredText('identifier', values[0])}"`;
  },
  quote_seed_column: (_, args, kwargs) => {
    const { values } = bindArguments('quote_seed_column', ['column', ['quote_config', null]], args, kwargs);
    const column = requiredText('column', values[0]);
    return optionalBoolean('quote_config', values[1]) === false ? column : `"${column}"`;
  },
  dispatch: (a, args, kwargs, call) => dispatch(a, args, kwargs, call),
  execute: async (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'execute',
      ['sql', ['auto_begin', false], ['fetch', false], ['limit', null]],
      args,
      kwargs,
    );
    const limit = optionalInteger('limit', values[3]);
    const { response, table } = await a.session(call).execute(requiredText('sql', values[0]), {
      fetch: optionalBoolean('fetch', values[2]) ?? false,
      ...(limit === null ? {} : { limit }),
    });
    return new Tuple([new ResponseObject(response), agateTableOf(table, a.input.messages.print)]);
  },
  add_query: async (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'add_query',
      ['sql', ['auto_begin', true], ['bindings', null], ['abridge_sql_log', false]],
      args,
      kwargs,
    );
    const sql = withBindings(requiredText('sql', values[0]), values[2] ?? null);
    await a.session(call).execute(sql, { fetch: false });
    return new Tuple([null, null]);
  },
  commit: async (a, _args, _kwargs, call) => {
    await a.session(call).commit();
    return '';
  },
  commit_if_has_connection: async (a, _args, _kwargs, call) => {
    await a.session(call).commit();
    return '';
  },
  ensure_transaction: async (a, _args, _kwargs, call) => {
    await a.session(call).begin();
    return null;
  },
  get_relation: async (a, args, kwargs, call) => {
    const { values } = bindArguments('get_relation', ['database', 'schema', 'identifier'], args, kwargs);
    const [database, schema, identifier] = values.map((value) => optionalText('name', value) ?? '');
    const name = { database: database ?? '', schema: schema ?? '', identifier: identifier ?? '' };
    const found = await a.session(call).relation(name);
    return found ? Relation.ofExisting(found) : null;
  },
  already_exists: async (a, args, kwargs, call) => {
    const { values } = bindArguments('already_exists', ['schema', 'name'], args, kwargs);
    const found = await a.session(call).relation({
      database: a.input.target.database,
      schema: requiredText('schema', values[0]),
      identifier: requiredText('name', values[1]),
    });
    return found !== undefined;
  },
  load_cached_relation: async (a, args, _kwargs, call) => {
    const found = await a.session(call).relation(relationArgument('load', args[0], call).toRelationName());
    return found ? Relation.ofExisting(found) : null;
  },
  list_relations: (a, args, kwargs, call) => {
    const { values } = bindArguments('list_relations', ['database', 'schema'], args, kwargs);
    return listRelations(a, requiredText('database', values[0]), requiredText('schema', values[1]), call);
  },
  list_relations_without_caching: (a, args, kwargs, call) => {
    const { values } = bindArguments('list_relations_without_caching', ['schema_relation'], args, kwargs);
    const { database, schema } = relationArgument('list_relations_without_caching', values[0], call);
    return listRelations(a, database ?? a.input.target.database, schema ?? a.input.target.schema, call);
  },
  list_schemas: async (a, args, kwargs, call) => {
    const { values } = bindArguments('list_schemas', ['database'], args, kwargs);
    return [...(await a.session(call).schemas(requiredText('database', values[0])))];
  },
  check_schema_exists: async (a, args, kwargs, call) => {
    const { values } = bindArguments('check_schema_exists', ['database', 'schema'], args, kwargs);
    const schema = requiredText('schema', values[1]).toLowerCase();
    const schemas = await a.session(call).schemas(requiredText('database', values[0]));
    return schemas.some((name) => name.toLowerCase() === schema);
  },
  create_schema: async (a, args, _kwargs, call) => {
    const { database, schema } = relationArgument('create_schema', args[0], call).toRelationName();
    await a.session(call).createSchema(database, schema);
    return '';
  },
  drop_schema: async (a, args, _kwargs, call) => {
    const { database, schema } = relationArgument('drop_schema', args[0], call).toRelationName();
    await a.session(call).dropSchema(database, schema);
    return '';
  },
  drop_relation: async (a, args, _kwargs, call) => {
    const relation = relationArgument('drop_relation', args[0], call);
    // A relation named by hand has no type: what stands there decides.
    const existing =
      relation.type === null
        ? await a.session(call).relation(relation.toRelationName())
        : relation.toExisting();
    if (existing) await a.session(call).dropRelation(existing);
    return '';
  },
  truncate_relation: async (a, args, _kwargs, call) => {
    await a
      .session(call)
      .truncateRelation(relationArgument('truncate_relation', args[0], call).toRelationName());
    return '';
  },
  rename_relation: async (a, args, kwargs, call) => {
    const { values } = bindArguments('rename_relation', ['from_relation', 'to_relation'], args, kwargs);
    const from = relationArgument('rename_relation', values[0], call);
    const to = relationArgument('rename_relation', values[1], call).toRelationName();
    const existing = from.type === null ? await a.session(call).relation(from.toRelationName()) : undefined;
    await a.session(call).renameRelation(existing ?? from.toExisting(), to);
    return '';
  },
  get_columns_in_relation: async (a, args, _kwargs, call) =>
    await columnsOf(a, relationArgument('get_columns_in_relation', args[0], call), call),
  get_columns_in_table: async (a, args, _kwargs, call) => {
    const relation = Relation.of({
      database: a.input.target.database,
      schema: requiredText('schema', args[0]),
      identifier: requiredText('identifier', args[1]),
    });
    return await columnsOf(a, relation, call);
  },
  get_missing_columns: async (a, args, kwargs, call) => {
    const { values } = bindArguments('get_missing_columns', ['from_relation', 'to_relation'], args, kwargs);
    const from = await columnsOf(a, relationArgument('get_missing_columns', values[0], call), call);
    const to = await columnsOf(a, relationArgument('get_missing_columns', values[1], call), call);
    const known = new Set(to.map((column) => column.name));
    return from.filter((column) => !known.has(column.name));
  },
  get_column_schema_from_query: async (a, args, _kwargs, call) => {
    const columns = await a.session(call).describe(requiredText('sql', args[0]));
    return columns.flatMap((column) => Column.ofWarehouse(column).flatten());
  },
  // DuckDB's text has no size, so there is nothing to widen.
  expand_target_column_types: () => null,
  cache_added: () => '',
  cache_dropped: () => '',
  cache_renamed: () => '',
  valid_snapshot_target: async (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'valid_snapshot_target',
      ['relation', ['column_names', null]],
      args,
      kwargs,
    );
    return await requireSnapshotColumns(a, values[0], values[1] ?? null, false, call);
  },
  assert_valid_snapshot_target_given_strategy: async (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'assert_valid_snapshot_target_given_strategy',
      ['relation', 'column_names', 'strategy'],
      args,
      kwargs,
    );
    const strategy = values[2];
    const behavior = strategy instanceof Dict ? strategy.get('hard_deletes') : undefined;
    return await requireSnapshotColumns(a, values[0], values[1] ?? null, behavior === 'new_record', call);
  },
  get_hard_deletes_behavior: (_, args) => hardDeletes(args[0]),
  valid_incremental_strategies: () => ['append', 'delete+insert', 'merge', 'microbatch'],
  get_incremental_strategy_macro: (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'get_incremental_strategy_macro',
      ['model_context', 'strategy'],
      args,
      kwargs,
    );
    return strategyMacro(a, optionalText('strategy', values[1]) ?? 'default', call);
  },
  standardize_grants_dict: (_, args) => {
    const grants = new Dict();
    const table = args[0];
    if (!(table instanceof AgateTable)) return grants;
    const [grantee, privilege] = ['grantee', 'privilege_type'].map((name) => table.columnNames.indexOf(name));
    for (const row of table.rows) {
      const key = row[privilege ?? 0] ?? null;
      const known = grants.get(key);
      if (Array.isArray(known)) known.push(row[grantee ?? 0] ?? null);
      else grants.set(key, [row[grantee ?? 0] ?? null]);
    }
    return grants;
  },
};

function relationArgument(name: string, value: Value | undefined, call: CallInfo): Relation {
  if (value instanceof Relation) return value;
  throw compilerErrors['render-failed'](
    {
      what: `adapter.${name}`,
      problem: `needs a relation, not ${optionalText('relation', value) ?? 'none'}`,
    },
    { location: call.location },
  );
}

async function columnsOf(a: Adapter, relation: Relation, call: CallInfo): Promise<Column[]> {
  const columns = await a.session(call).columnsOf(relation.toRelationName());
  return columns.map((column) => Column.ofWarehouse(column));
}

async function listRelations(
  a: Adapter,
  database: string,
  schema: string,
  call: CallInfo,
): Promise<Relation[]> {
  const found = await a.session(call).relations(database, schema);
  return found.map((relation) => Relation.ofExisting(relation));
}

function hardDeletes(config: Value | undefined): Value {
  const get = (key: string): Value => {
    if (config instanceof ConfigObject) return config.value(key) ?? null;
    return config instanceof Dict ? (config.get(key) ?? null) : null;
  };
  const behavior = get('hard_deletes');
  if (get('invalidate_hard_deletes') === true) return 'invalidate';
  if (behavior === null) return 'ignore';
  if (behavior === 'ignore' || behavior === 'invalidate' || behavior === 'new_record') return behavior;
  throw compilerErrors['bad-config']({
    node: 'The snapshot',
    key: 'hard_deletes',
    problem: `is '${String(behavior)}' and must be ignore, invalidate or new_record`,
  });
}

async function requireSnapshotColumns(
  a: Adapter,
  relation: Value | undefined,
  columnNames: Value,
  withDeleted: boolean,
  call: CallInfo,
): Promise<null> {
  const target = relationArgument('valid_snapshot_target', relation, call);
  const found = new Set((await columnsOf(a, target, call)).map((column) => column.name.toLowerCase()));
  const renamed = (name: string): string =>
    columnNames instanceof Dict ? (optionalText(name, columnNames.get(name)) ?? name) : name;
  const needed = ['dbt_scd_id', 'dbt_valid_from', 'dbt_valid_to', ...(withDeleted ? ['dbt_is_deleted'] : [])];
  const missing = needed.map(renamed).filter((name) => !found.has(name.toLowerCase()));
  if (missing.length === 0) return null;
  throw compilerErrors['bad-snapshot'](
    { node: target.render(), problem: `isn't a snapshot's table: it has no column ${missing.join(', ')}` },
    { location: call.location, hint: 'Drop the table, or give the snapshot another name.' },
  );
}
