/** `exceptions`: how macros complain. */
import {
  bindArguments,
  type CallInfo,
  hostFunction,
  type Kwargs,
  str,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { HostModule } from './host-module.ts';
import type { ContextInput } from './input.ts';

/** What each function of `exceptions` takes, and the sentence it raises. */
const raising: Readonly<
  Record<string, readonly [parameters: readonly string[], say: (...given: string[]) => string]>
> = {
  raise_compiler_error: [['msg'], (msg) => msg],
  raise_database_error: [['msg'], (msg) => msg],
  raise_dependency_error: [['msg'], (msg) => msg],
  raise_fail_fast_error: [['msg'], (msg) => msg],
  raise_not_implemented: [['msg'], (msg) => `Not implemented: ${msg}`],
  raise_cache_inconsistent: [['message'], (msg) => msg],
  missing_config: [['model', 'name'], (_, name) => `The configuration '${name}' is required and not set`],
  missing_materialization: [
    ['model', 'adapter_type'],
    (_, adapter) => `There is no such materialization for ${adapter}`,
  ],
  missing_relation: [['relation'], (relation) => `${relation} doesn't exist`],
  relation_wrong_type: [
    ['relation', 'expected_type'],
    (relation, expected) =>
      `${relation} should be a ${expected} and is something else. Drop it, or build with --full-refresh`,
  ],
  raise_ambiguous_alias: [
    ['node_1', 'node_2'],
    (a, b) => `${a} and ${b} would have the same name in the database`,
  ],
  raise_ambiguous_catalog_match: [
    ['unique_id', 'match_1', 'match_2'],
    (id, a, b) => `${id} could be ${a} or ${b} in the database`,
  ],
  raise_dep_not_found: [
    ['node', 'node_description', 'required_pkg'],
    (node, _description, pkg) => `${node} needs the package '${pkg}', which isn't installed`,
  ],
  raise_duplicate_patch_name: [
    ['patch_1', 'existing_patch_path'],
    (a, b) => `${a} is described twice, also in ${b}`,
  ],
  raise_duplicate_resource_name: [['node_1', 'node_2'], (a, b) => `${a} and ${b} have the same name`],
  raise_invalid_property_yml_version: [['path', 'issue'], (path, issue) => `${path}: ${issue}`],
  column_type_missing: [
    ['column_names'],
    (names) => `A contract needs a data_type for every column; these have none: ${names}`,
  ],
  raise_contract_error: [
    ['yaml_columns', 'sql_columns'],
    (declared, found) => `The contract isn't kept. Declared: ${declared}. The query gives: ${found}`,
  ],
};

/** `exceptions` for one render. Raised errors point at the call. */
export function exceptionsObject(input: ContextInput): HostModule {
  const members: Record<string, Value> = {};
  for (const [name, [parameters, say]] of Object.entries(raising)) {
    members[name] = hostFunction(`exceptions.${name}`, (args, kwargs, call) => {
      const { values } = bindArguments(
        name,
        [...parameters.map((parameter) => [parameter, null] as const), ['node', null], '*', '**'],
        args,
        kwargs,
      );
      throw compilerErrors['raised-by-macro'](
        { message: say(...values.map(str)) },
        { location: call.location },
      );
    });
  }
  const warn = (args: readonly Value[], kwargs: Kwargs, _call: CallInfo): Value => {
    const { values } = bindArguments('warn', ['msg', ['node', null]], args, kwargs);
    input.messages.warn(str(values[0] ?? null));
    return '';
  };
  members['warn'] = hostFunction('exceptions.warn', warn);
  members['warn_or_error'] = hostFunction('exceptions.warn_or_error', warn);
  members['warn_snapshot_timestamp_data_types'] = hostFunction(
    'exceptions.warn_snapshot_timestamp_data_types',
    (args) => {
      input.messages.warn(
        `The snapshot's own times are ${str(args[0] ?? null)} and updated_at is ${str(args[1] ?? null)}: ` +
          'the same type for both keeps rows from being compared wrongly',
        'compiler.snapshot-times',
      );
      return '';
    },
  );
  return new HostModule('module', 'exceptions', members);
}
