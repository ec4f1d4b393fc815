/** The names every template sees, each made when it is first asked for. */

import { createHash } from 'node:crypto';
import { dbtVersion } from '../../base/index.ts';
import {
  bindArguments,
  Callable,
  type CallInfo,
  Dict,
  hostFunction,
  type Kwargs,
  PySet,
  returnFunction,
  str,
  type Value,
} from '../../jinja/index.ts';
import { isPlainDict } from '../../project/index.ts';
import { compilerErrors } from '../errors.ts';
import { fromPlain } from '../plain-values.ts';
import { Adapter } from './adapter.ts';
import { itemsOf, optionalBoolean, record, requiredText } from './arguments.ts';
import { dictDifference, setOf, zipped } from './collection-functions.ts';
import { ColumnFactory } from './column.ts';
import { ConfigObject, validationObject } from './config-object.ts';
import { dataFunctions } from './data-text.ts';
import { PyDateTime } from './date-time.ts';
import { exceptionsObject } from './exceptions.ts';
import { FlagsObject } from './flags-object.ts';
import { HostModule } from './host-module.ts';
import type { ConfigAccess, ContextInput } from './input.ts';
import { moduleValues } from './modules.ts';
import { otherReference, RefFunction, sourceReference } from './reference-functions.ts';
import { RelationFactory } from './relation-factory.ts';
import type { StoredResults } from './results.ts';
import { PytzUtc } from './time-zone.ts';
import { environmentVariable, variableFunction } from './variables.ts';

/** What the names of one render share. */
export interface RenderState {
  readonly input: ContextInput;
  readonly results: StoredResults;
  /** Another name of the same render. */
  value(name: string): Value | undefined;
  /** Everything there is, for `context`. */
  all(): Dict;
}

/** Makes the value of a name. */
export type Global = (state: RenderState) => Value | undefined;

type Body = (args: readonly Value[], kwargs: Kwargs, call: CallInfo) => Value | Promise<Value>;

/** Names of every kind of render, property files included. */
const everywhere: Readonly<Record<string, Global>> = {
  var: ({ input }) => variableFunction(input),
  env_var: ({ input }) =>
    fn('env_var', (args, kwargs, call) => environmentVariable(input, args, kwargs, call)),
  target: ({ input }) => targetValue(input),
  env: ({ input }) => targetValue(input),
  project_name: ({ input }) => input.project.name,
  modules: () => moduleValues(),
  flags: ({ input }) => new FlagsObject(input.invocation),
  invocation_id: ({ input }) => input.invocation.id,
  invocation_args_dict: ({ input }) => fromPlain(input.invocation.args),
  run_started_at: ({ input }) =>
    PyDateTime.ofInstant(BigInt(input.invocation.startedAt.getTime()) * 1000n, new PytzUtc()),
  dbt_version: ({ input }) => input.dbtVersion ?? dbtVersion,
  dbt_metadata_envs: ({ input }) => metadataEnvironment(input),
  thread_id: ({ input }) => input.threadName ?? 'Thread-1 (worker)',
  local_md5: () =>
    fn('local_md5', ([text]) =>
      createHash('md5')
        .update(str(text ?? null))
        .digest('hex'),
    ),
  set: () => fn('set', (args) => setOf(args)),
  set_strict: () => fn('set_strict', ([items]) => new PySet(itemsOf('set_strict', items))),
  zip: () => fn('zip', (args) => zipped(args, false)),
  zip_strict: () => fn('zip_strict', (args) => zipped(args, true)),
  diff_of_two_dicts: () => fn('diff_of_two_dicts', (args, kwargs) => dictDifference(args, kwargs)),
  doc: ({ input }) =>
    fn('doc', (args) => {
      const names = args.map((arg) => requiredText('name', arg));
      return input.names.doc(names.at(-1) ?? '', names.length > 1 ? names[0] : undefined);
    }),
  log: ({ input }) =>
    fn('log', (args, kwargs) => {
      const { values } = bindArguments('log', ['msg', ['info', false]], args, kwargs);
      input.messages.log(str(values[0] ?? null), optionalBoolean('info', values[1]) ?? false);
      return '';
    }),
  print: ({ input }) =>
    fn('print', ([text]) => {
      input.messages.print(str(text ?? null));
      return '';
    }),
  return: () => returnFunction,
  tojson: () => dataFunctions['tojson'],
  fromjson: () => dataFunctions['fromjson'],
  toyaml: () => dataFunctions['toyaml'],
  fromyaml: () => dataFunctions['fromyaml'],
  exceptions: ({ input }) => exceptionsObject(input),
  validation: () => validationObject(),
  context: (state) => state.all(),
};

/** Names that only SQL and macros see. */
const inSql: Readonly<Record<string, Global>> = {
  ref: ({ input }) => new RefFunction(input),
  source: ({ input }) => fn('source', (args, kwargs) => sourceReference(input, args, kwargs)),
  metric: ({ input }) => otherReference(input, 'metric'),
  function: ({ input }) => otherReference(input, 'function'),
  config: ({ input }) => new ConfigObject(input.config ?? noConfig, input),
  builtins: (state) =>
    record(
      Object.fromEntries(
        ['ref', 'source', 'config', 'function'].map((name) => [name, inSql[name]?.(state) ?? null]),
      ),
    ),
  execute: ({ input }) => input.kind === 'execute' || input.kind === 'operation',
  adapter: ({ input }) => new Adapter(input),
  api: () =>
    new HostModule('module', 'api', { Relation: new RelationFactory(), Column: new ColumnFactory() }),
  column: () => new ColumnFactory(),
  this: ({ input }) => input.self,
  model: ({ input }) => (input.model === undefined ? undefined : fromPlain(withoutNone(input.model))),
  database: ({ input }) => textOf(input.model?.['database']) ?? input.target.database,
  schema: ({ input }) => textOf(input.model?.['schema']) ?? input.target.schema,
  graph: ({ input }) => graphValue(input),
  selected_resources: ({ input }) => [...input.selectedResources],
  store_result: ({ results }) => results.store,
  store_raw_result: ({ results }) => results.storeRaw,
  load_result: ({ results }) => results.load,
  sql: ({ input }) => textOf(input.model?.['compiled_code']),
  compiled_code: ({ input }) => textOf(input.model?.['compiled_code']),
  sql_now: ({ input }) => input.invocation.startedAt.toISOString(),
  pre_hooks: ({ input }) => hooksOf(input, 'pre-hook'),
  post_hooks: ({ input }) => hooksOf(input, 'post-hook'),
  defer_relation: () => null,
  context_macro_stack: () => [],
  render: ({ input }) =>
    fn('render', (args) => {
      const text = requiredText('string', args[0]);
      return input.names.render?.(text) ?? text;
    }),
  try_or_compiler_error: () =>
    fn('try_or_compiler_error', (args, kwargs, call) => tryOrError(args, kwargs, call)),
  write: ({ input }) =>
    fn('write', (args) => {
      if (input.kind !== 'parse') input.files?.write(str(args[0] ?? null));
      return '';
    }),
  load_agate_table: ({ input }) =>
    fn('load_agate_table', (_args, _kwargs, call) => {
      if (input.files) return input.files.readSeed();
      throw compilerErrors['render-failed'](
        { what: 'load_agate_table', problem: 'only a seed has a file of rows' },
        { location: call.location },
      );
    }),
  submit_python_job: ({ input }) =>
    fn('submit_python_job', (_args, _kwargs, call) => {
      throw compilerErrors['unsupported-language'](
        { node: String(input.model?.['unique_id'] ?? 'this model'), language: 'python' },
        { location: call.location },
      );
    }),
  adapter_macro: (state) =>
    fn('adapter_macro', ([name, ...args], kwargs, call) => {
      const [first = '', second] = requiredText('name', name).split('.');
      const adapter = state.value('adapter') as Adapter;
      const dispatch = adapter.getAttr('dispatch') as Callable;
      const found = dispatch.call(second === undefined ? [first] : [second, first], new Map(), call);
      return (found as Callable).call(args, kwargs, call);
    }),
};

/** What an operation is configured with. */
const noConfig: ConfigAccess = { get: () => undefined, meta: () => ({}) };

/** The names of a render of this kind. */
export function globalsOf(kind: ContextInput['kind']): Readonly<Record<string, Global>> {
  return kind === 'yaml' ? everywhere : sqlGlobals;
}

const sqlGlobals: Readonly<Record<string, Global>> = { ...everywhere, ...inSql };

function fn(name: string, body: Body): Value {
  return hostFunction(name, body);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function targetValue(input: ContextInput): Value {
  const { target } = input;
  return fromPlain({
    ...target.extra,
    database: target.database,
    dbname: target.database,
    schema: target.schema,
    type: target.type,
    threads: target.threads,
    name: target.name,
    target_name: target.name,
    profile_name: target.profileName,
    external_root: target.externalRoot,
  });
}

function metadataEnvironment(input: ContextInput): Dict {
  const prefix = 'DBT_ENV_CUSTOM_ENV_';
  const entries = Object.entries(input.invocation.env).flatMap(([name, value]) =>
    name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value] as const] : [],
  );
  return new Dict(entries);
}

/** `graph`: the manifest by kind. While parsing it is there and empty. */
function graphValue(input: ContextInput): Value {
  const { manifest } = input;
  if (!manifest) {
    return record(Object.fromEntries(graphKeys.map((key) => [key, new Dict()])));
  }
  const known = graphs.get(manifest);
  if (known) return known;
  const graph = record(
    Object.fromEntries(
      graphKeys.map((key) => [key, fromPlain(manifest[key as keyof typeof manifest] ?? {})]),
    ),
  );
  graphs.set(manifest, graph);
  return graph;
}

/** Made once for a manifest: it is large, and templates only read it. */
const graphs = new WeakMap<object, Dict>();

const graphKeys = [
  ...['nodes', 'sources', 'exposures', 'metrics', 'groups', 'semantic_models', 'saved_queries', 'functions'],
];

function hooksOf(input: ContextInput, key: 'pre-hook' | 'post-hook'): Value {
  const config = input.model?.['config'];
  if (config === null || typeof config !== 'object') return [];
  return fromPlain((config as Record<string, unknown>)[key] ?? []);
}

/** Calls a function, and raises `message` should it fail. */
function tryOrError(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
  const [message, callee, ...rest] = args;
  if (!(callee instanceof Callable)) {
    throw compilerErrors['raised-by-macro']({ message: str(message ?? null) }, { location: call.location });
  }
  const fail = (cause: unknown): never => {
    throw compilerErrors['raised-by-macro'](
      { message: str(message ?? null) },
      { location: call.location, cause },
    );
  };
  try {
    const answer = callee.call(rest, kwargs, call);
    return answer instanceof Promise ? answer.catch(fail) : answer;
  } catch (cause) {
    return fail(cause);
  }
}

/** A node as `model` shows it: as in dbt, what it and its configuration and columns leave open isn't there. */
function withoutNone(node: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = keptOf(node);
  if (isPlainDict(kept['config'])) kept['config'] = keptOf(kept['config']);
  if (isPlainDict(kept['columns'])) {
    const columns = Object.entries(kept['columns']);
    kept['columns'] = Object.fromEntries(
      columns.map(([name, column]) => [name, isPlainDict(column) ? keptOf(column) : column]),
    );
  }
  return kept;
}

function keptOf(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== null && value !== undefined),
  );
}
