/**
 * `adapter`: what macros ask of the database, over the session of the render.
 *
 * While parsing, everything that would ask answers as dbt does: none, false or an empty list. What
 * needs no database (`quote`, `dispatch`, `type`) answers always.
 */
import {
  type CallInfo,
  HostObject,
  hostFunction,
  type Kwargs,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { WarehouseSession } from '../warehouse.ts';
import { duckdbMethods } from './adapter-duckdb.ts';
import { adapterMethods } from './adapter-methods.ts';
import { AgateTable } from './agate-table.ts';
import { own } from './arguments.ts';
import { ColumnFactory } from './column.ts';
import { HostModule } from './host-module.ts';
import type { ContextInput } from './input.ts';
import { RelationFactory } from './relation-factory.ts';

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
        const method = own(adapterMethods, name) ?? own(duckdbMethods, name);
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
