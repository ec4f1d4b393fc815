/**
 * `adapter`: what macros ask of the database, over the session of the render.
 *
 * While parsing, everything that would ask answers as dbt does: none, false or an empty list. What
 * needs no database (`quote`, `dispatch`, `type`) answers always.
 */
import {
  bindArguments,
  type CallInfo,
  Dict,
  HostObject,
  hostFunction,
  type Kwargs,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { WarehouseSession } from '../warehouse.ts';
import { duckdbMethods } from './adapter-duckdb.ts';
import { AgateTable } from './agate-table.ts';
import { optionalBoolean, optionalInteger, optionalText, own, requiredText } from './arguments.ts';
import { Column, ColumnFactory } from './column.ts';
import { ConfigObject } from './config-object.ts';
import { HostModule } from './host-module.ts';
import type { ContextInput } from './input.ts';
import { Relation, RelationFactory } from './relation.ts';
import { ResponseObject } from './results.ts';
import { agateTableOf } from './warehouse-values.ts';

/** A method of `adapter`. */
export type AdapterMethod = (
  adapter: Adapter,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
) => Value | Promise<Value>;

/** `adapter` for one render. */
export class Adapter extends HostObject {
  override readonly typeName = 'RuntimeDatabaseWrapper';
  readonly input: ContextInput;
  readonly #warned = new Set<string>();

  constructor(input: ContextInput) {
    super();
    this.input = input;
  }

  override str(): string {
    return `<adapter ${this.input.target.type}>`;
  }

  get isParsing(): boolean {
    return this.input.kind === 'parse' || this.input.kind === 'yaml';
  }

  /** The session. @throws compiler.render-failed when there is none, as in `boathouse parse`. */
  session(call: CallInfo): WarehouseSession {
    if (this.input.session) return this.input.session;
    throw compilerErrors['render-failed'](
      { what: 'adapter', problem: 'this needs a connection to the database, and there is none here' },
      { location: call.location, hint: 'Guard it with {% if execute %}.' },
    );
  }

  /** Says `text` the first time only. */
  warnOnce(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.input.messages.warn(text);
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'Relation':
        return new RelationFactory();
      case 'Column':
        return new ColumnFactory();
      case 'config':
        return projectConfig(this.input);
      case 'behavior':
        return new BehaviorFlags();
      case 'disable_transactions':
        return hostFunction(name, () => this.input.target.disableTransactions ?? false);
      default: {
        if (this.isParsing && Object.hasOwn(whileParsing, name)) {
          return hostFunction(`adapter.${name}`, () => whileParsing[name as keyof typeof whileParsing]());
        }
        const method = own(methods, name) ?? own(duckdbMethods, name);
        return (
          method && hostFunction(`adapter.${name}`, (args, kwargs, call) => method(this, args, kwargs, call))
        );
      }
    }
  }
}

/** What dbt's adapter answers without a database. */
const whileParsing = {
  execute: (): Value => new Tuple(['', AgateTable.empty()]),
  run_sql_for_tests: (): Value => null,
  add_query: (): Value => new Tuple([null, null]),
  get_partitions_metadata: (): Value => new Tuple(['', AgateTable.empty()]),
  get_columns_in_relation: (): Value => [],
  get_columns_in_table: (): Value => [],
  get_missing_columns: (): Value => [],
  get_column_schema_from_query: (): Value => [],
  list_relations: (): Value => [],
  list_relations_without_caching: (): Value => [],
  list_schemas: (): Value => [],
  check_schema_exists: (): Value => false,
  already_exists: (): Value => false,
  get_relation: (): Value => null,
  drop_relation: (): Value => null,
  truncate_relation: (): Value => null,
  rename_relation: (): Value => null,
  expand_target_column_types: (): Value => null,
  create_schema: (): Value => null,
  drop_schema: (): Value => null,
  valid_snapshot_target: (): Value => null,
  assert_valid_snapshot_target_given_strategy: (): Value => null,
  get_incremental_strategy_macro: (): Value => null,
  get_hard_deletes_behavior: (): Value => null,
  commit: (): Value => null,
  commit_if_has_connection: (): Value => null,
  location_exists: (): Value => false,
  store_relation: (): Value => null,
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

const methods: Readonly<Record<string, AdapterMethod>> = {
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
  add_query: async (a, args, _kwargs, call) => {
    await a.session(call).execute(requiredText('sql', args[0]), { fetch: false });
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

/** `adapter.dispatch(name, namespace)`: the first `duckdb__name` or `default__name` by the search order. */
function dispatch(a: Adapter, args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value {
  const { values } = bindArguments(
    'dispatch',
    ['macro_name', ['macro_namespace', null], ['packages', null]],
    args,
    kwargs,
  );
  const name = requiredText('macro_name', values[0]);
  const namespace = optionalText('macro_namespace', values[1]) ?? undefined;
  if (name.includes('.')) {
    throw compilerErrors['dispatch-failed'](
      { name, searched: [] },
      {
        location: call.location,
        hint: `Write adapter.dispatch('${name.split('.')[1]}', '${name.split('.')[0]}').`,
      },
    );
  }
  const places = a.input.project.dispatchOrder(namespace) ?? [namespace];
  const searched: string[] = [];
  for (const place of places) {
    for (const prefix of [a.input.target.type, 'default']) {
      const full = `${prefix}__${name}`;
      const found = a.input.macros.find(full, place);
      if (found !== undefined) return found;
      searched.push(place === undefined ? full : `${place}.${full}`);
    }
  }
  throw compilerErrors['dispatch-failed']({ name, searched }, { location: call.location });
}

/** The macro that writes the SQL of an incremental strategy: `get_incremental_<strategy>_sql`. */
function strategyMacro(a: Adapter, strategy: string, call: CallInfo): Value {
  const name = `get_incremental_${strategy.replaceAll('+', '_')}_sql`;
  const found = a.input.macros.find(name);
  if (found !== undefined) return found;
  throw compilerErrors['bad-config'](
    {
      node: String(a.input.model?.['unique_id'] ?? 'the model'),
      key: 'incremental_strategy',
      problem: `names '${strategy}', which is none of append, delete+insert, merge, microbatch, and there is no macro '${name}'`,
    },
    { location: call.location },
  );
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

/** `adapter.config`: the few facts of the project that packages read. */
function projectConfig(input: ContextInput): Value {
  const credentials = new HostModule('module', 'credentials', {
    database: input.target.database,
    schema: input.target.schema,
    type: input.target.type,
    threads: input.target.threads,
  });
  return new HostModule('module', 'RuntimeConfig', {
    project_name: input.project.name,
    project_root: input.project.root,
    version: input.project.version,
    profile_name: input.target.profileName,
    target_name: input.target.name,
    threads: input.target.threads,
    credentials,
  });
}

/** `adapter.behavior.<flag>`: flags of adapters, none of which DuckDB has; every one is off. */
class BehaviorFlags extends HostObject {
  override readonly typeName = 'Behavior';

  override str(): string {
    return '<behavior>';
  }

  override getAttr(name: string): Value {
    return new HostModule('module', name, { no_warn: false, setting: false });
  }
}
