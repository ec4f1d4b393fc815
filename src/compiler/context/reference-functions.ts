import {
  bindArguments,
  type CallInfo,
  hostFunction,
  type Kwargs,
  str,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { optionalText, requiredText } from './arguments.ts';
import type { ContextInput } from './input.ts';

/** `ref(…)`. */
export function reference(
  input: ContextInput,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
): Value {
  const names = args.map((arg) => optionalText('ref', arg));
  const [first, second] = names;
  if (names.length === 0 || names.length > 2 || first === null || first === undefined || second === null) {
    throw compilerErrors['bad-ref'](
      {
        problem: `ref() takes a model's name, or a package's and a model's; it got ${args.length} arguments`,
      },
      { location: call.location },
    );
  }
  const version = kwargs.get('version') ?? kwargs.get('v') ?? null;
  return input.names.ref({
    name: second ?? first,
    packageName: second === undefined ? undefined : first,
    version: version === null ? undefined : typeof version === 'number' ? version : str(version),
  });
}

/** `source(…)`. */
export function sourceReference(input: ContextInput, args: readonly Value[], kwargs: Kwargs): Value {
  const { values } = bindArguments('source', ['source_name', 'table_name'], args, kwargs);
  return input.names.source(requiredText('source_name', values[0]), requiredText('table_name', values[1]));
}

/** `metric(…)` or `function(…)`: refused by name unless the compiler answers. */
export function otherReference(input: ContextInput, kind: 'metric' | 'function'): Value {
  return hostFunction(kind, (args, _kwargs, call) => {
    const names = args.map((arg) => requiredText('name', arg));
    const answer = input.names[kind]?.(names.at(-1) ?? '', names.length > 1 ? names[0] : undefined);
    if (answer !== undefined) return answer;
    throw compilerErrors['bad-ref'](
      { problem: `${kind}('${names.join("', '")}'): ${kind}s aren't run here` },
      { location: call.location },
    );
  });
}
