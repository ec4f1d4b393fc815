import {
  bindArguments,
  Callable,
  type CallInfo,
  hostFunction,
  type Kwargs,
  str,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { own, requiredText } from './arguments.ts';
import type { ContextInput } from './input.ts';

/** `var('name', default)`, and `var.has_var('name')`. */
export function variableFunction(input: ContextInput): Value {
  return new VariableFunction(input);
}

class VariableFunction extends Callable {
  override readonly typeName = 'Var';
  readonly name = 'var';
  readonly #input: ContextInput;

  constructor(input: ContextInput) {
    super();
    this.#input = input;
  }

  override str(): string {
    return '<var>';
  }

  override getAttr(name: string): Value | undefined {
    if (name !== 'has_var') return undefined;
    return hostFunction(
      name,
      ([key]) => this.#input.names.variable(requiredText('var_name', key)) !== undefined,
    );
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value {
    const { values } = bindArguments('var', ['var_name', ['default', notGiven]], args, kwargs);
    const name = requiredText('var_name', values[0]);
    const value = this.#input.names.variable(name);
    if (value !== undefined) return value;
    const initial = values[1] ?? null;
    // dbt asks for a variable only of what it runs: a project parses without those of the command line.
    if (initial !== notGiven || this.#input.kind === 'parse') return initial === notGiven ? null : initial;
    throw compilerErrors['var-not-found'](
      { name, node: String(this.#input.model?.['unique_id'] ?? this.#input.packageName) },
      { location: call.location },
    );
  }
}

const notGiven: Value = new Tuple([]);

/** `env_var('NAME', default)`. Secrets are for profiles only. */
export function environmentVariable(
  input: ContextInput,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
): Value {
  const { values } = bindArguments('env_var', ['var', ['default', null]], args, kwargs);
  const name = requiredText('var', values[0]);
  if (name.startsWith('DBT_ENV_SECRET')) {
    throw compilerErrors['render-failed'](
      { what: 'env_var', problem: `'${name}' is a secret: only profiles.yml and packages.yml may read it` },
      { location: call.location },
    );
  }
  const given = input.names.environment?.(name) ?? own(input.invocation.env, name);
  const value = given ?? (values[1] === null ? undefined : str(values[1] ?? null));
  if (value === undefined) throw compilerErrors['env-var-not-found']({ name }, { location: call.location });
  input.names.readEnvironment?.(name, value);
  return value;
}
