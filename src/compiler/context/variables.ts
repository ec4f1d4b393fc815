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
  /** Names whose values are being rendered: one that needs itself would never end. */
  readonly #rendering = new Set<string>();

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

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    const { values } = bindArguments('var', ['var_name', ['default', notGiven]], args, kwargs);
    const name = requiredText('var_name', values[0]);
    const value = this.#input.names.variable(name);
    if (typeof value === 'string' && jinja.test(value)) return this.#rendered(name, value, call);
    if (value !== undefined) return value;
    const initial = values[1] ?? null;
    // dbt asks for a variable only of what it runs: a project parses without those of the command line.
    if (initial !== notGiven || this.#input.kind === 'parse') return initial === notGiven ? null : initial;
    throw compilerErrors['var-not-found'](
      { name, node: String(this.#input.model?.['unique_id'] ?? this.#input.packageName) },
      { location: call.location },
    );
  }

  /** A text with Jinja is rendered where it is asked for; property files, in dbt, see it as written. */
  #rendered(name: string, text: string, call: CallInfo): Value | Promise<Value> {
    const { kind, names } = this.#input;
    if (kind === 'yaml' || names.render === undefined) return text;
    if (this.#rendering.has(name)) {
      throw compilerErrors['render-failed'](
        { what: `var('${name}')`, problem: 'the value of this variable needs the variable itself' },
        { location: call.location },
      );
    }
    this.#rendering.add(name);
    const done = (): void => void this.#rendering.delete(name);
    let value: Value | Promise<Value>;
    try {
      value = names.render(text);
    } catch (error) {
      done();
      throw error;
    }
    if (value instanceof Promise) return value.finally(done);
    done();
    return value;
  }
}

const jinja = /\{[{%#]/;

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
