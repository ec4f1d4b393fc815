import { bindArguments, type CallInfo, type Kwargs, type Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { Adapter } from './adapter.ts';
import { optionalText, requiredText } from './arguments.ts';

/** `adapter.dispatch(name, namespace)`: the first `duckdb__name` or `default__name` by the search order. */
export function dispatch(a: Adapter, args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value {
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
  const places = a.input.project.dispatchOrder(namespace);
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
export function strategyMacro(a: Adapter, strategy: string, call: CallInfo): Value {
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
