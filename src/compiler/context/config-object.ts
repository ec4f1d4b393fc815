/** `config`: called to configure a node while parsing, asked for its configuration while running. */
import {
  bindArguments,
  Callable,
  type CallInfo,
  Dict,
  HostObject,
  hostFunction,
  isFloat,
  isInt,
  jinjaErrors,
  type Kwargs,
  Undefined,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { fromPlain } from '../plain-values.ts';
import { plainEntries, requiredText } from './arguments.ts';
import { HostModule } from './host-module.ts';
import type { ConfigAccess, ContextInput } from './input.ts';

type Method = (args: readonly Value[], kwargs: Kwargs, call: CallInfo) => Value | Promise<Value>;

/** `config` as templates see it. While parsing every question is answered with empty text, as dbt does. */
export class ConfigObject extends HostObject {
  override readonly typeName = 'RuntimeConfigObject';
  readonly #access: ConfigAccess;
  readonly #isParsing: boolean;
  readonly #nodeName: string;

  constructor(access: ConfigAccess, input: ContextInput) {
    super();
    this.#access = access;
    this.#isParsing = input.kind === 'parse';
    this.#nodeName = String(input.model?.['unique_id'] ?? input.model?.['name'] ?? 'the node');
  }

  override str(): string {
    return '<config>';
  }

  /** The value of a key, for our own functions that are handed `config`. */
  value(key: string): Value | undefined {
    return this.#access.get(key);
  }

  override call(args: readonly Value[], kwargs: Kwargs): Value {
    const entries = new Map(kwargs);
    if (args.length > 1 || (args.length === 1 && kwargs.size > 0)) {
      throw jinjaErrors['type-error']({
        problem: 'config() takes either one dictionary or keyword arguments',
      });
    }
    if (args.length === 1) for (const [key, value] of plainEntries(args[0])) entries.set(key, value);
    if (this.#isParsing) this.#access.record?.(entries);
    return '';
  }

  override getAttr(name: string): Value | undefined {
    const method = this.#method(name);
    if (method) return hostFunction(`config.${name}`, method);
    if (name === 'model') return null;
    return undefined;
  }

  #method(name: string): Method | undefined {
    switch (name) {
      case 'get':
        return (args, kwargs, call) => this.#get(name, (key) => this.#access.get(key), args, kwargs, call);
      case 'meta_get':
        return (args, kwargs, call) => this.#get(name, (key) => this.#meta(key), args, kwargs, call);
      case 'require':
        return (args, kwargs, call) =>
          this.#require(name, (key) => this.#access.get(key), args, kwargs, call);
      case 'meta_require':
        return (args, kwargs, call) => this.#require(name, (key) => this.#meta(key), args, kwargs, call);
      case 'set':
        return (args) => {
          if (this.#isParsing)
            this.#access.record?.(new Map([[requiredText('name', args[0]), args[1] ?? null]]));
          return '';
        };
      case 'persist_relation_docs':
        return () => !this.#isParsing && (this.#access.persistDocs?.relation ?? false);
      case 'persist_column_docs':
        return () => !this.#isParsing && (this.#access.persistDocs?.columns ?? false);
      default:
        return undefined;
    }
  }

  #meta(key: string): Value | undefined {
    const meta = this.#access.meta();
    return Object.hasOwn(meta, key) ? fromPlain(meta[key]) : undefined;
  }

  #get(
    name: string,
    read: (key: string) => Value | undefined,
    args: readonly Value[],
    kwargs: Kwargs,
    call: CallInfo,
  ): Value | Promise<Value> {
    const { values } = bindArguments(name, ['name', ['default', null], ['validator', null]], args, kwargs);
    if (this.#isParsing) return '';
    const value = read(requiredText('name', values[0]));
    if (value === undefined) return values[1] ?? null;
    return this.#validated(value, values[2] ?? null, call);
  }

  #require(
    name: string,
    read: (key: string) => Value | undefined,
    args: readonly Value[],
    kwargs: Kwargs,
    call: CallInfo,
  ): Value | Promise<Value> {
    const { values } = bindArguments(name, ['name', ['validator', null]], args, kwargs);
    if (this.#isParsing) return '';
    const key = requiredText('name', values[0]);
    const value = read(key);
    if (value === undefined) {
      throw compilerErrors['bad-config'](
        { node: this.#nodeName, key, problem: 'is required and not set' },
        { location: call.location },
      );
    }
    return this.#validated(value, values[1] ?? null, call);
  }

  #validated(value: Value, validator: Value, call: CallInfo): Value | Promise<Value> {
    if (!(validator instanceof Callable) || value === null) return value;
    const answer = validator.call([value], new Map(), call);
    return answer instanceof Promise ? answer.then(() => value) : value;
  }
}

/** A type name inside `validation.any[…]`: a Python type, or a list of values that are allowed. */
type Allowed = string | readonly Value[];

/** `validation`: `validation.any[basestring, 'number']` makes a check for `config.get`. */
export function validationObject(): HostObject {
  return new HostModule('module', 'validation', { any: new AnyValidator(undefined) });
}

class AnyValidator extends Callable {
  override readonly typeName = 'ValidationExport';
  readonly name = 'validation.any';
  readonly #allowed: readonly Allowed[] | undefined;

  constructor(allowed: readonly Allowed[] | undefined) {
    super();
    this.#allowed = allowed;
  }

  override str(): string {
    return '<validation.any>';
  }

  override getItem(key: Value): Value {
    const options = Array.isArray(key) ? key : isTuple(key) ? key.items : [key];
    // `basestring` is a name that nobody defines: dbt's users write it for text, and it arrives undefined.
    return new AnyValidator(
      options.map((option) => (option instanceof Undefined ? (option.name ?? 'any') : allowedOf(option))),
    );
  }

  override call(args: readonly Value[], _kwargs: Kwargs, call: CallInfo): Value {
    const value = args[0] ?? null;
    if (this.#allowed === undefined || this.#allowed.some((allowed) => accepts(allowed, value))) return null;
    throw compilerErrors['bad-config'](
      { node: 'config.get', key: 'value', problem: `must be one of ${this.#allowed.map(String).join(', ')}` },
      { location: call.location },
    );
  }
}

function isTuple(value: Value): value is Value & { readonly items: readonly Value[] } {
  return (
    value instanceof Object && 'items' in value && !(value instanceof Dict) && !(value instanceof HostObject)
  );
}

function allowedOf(option: Value): Allowed {
  return typeof option === 'string' ? option : Array.isArray(option) ? option : [option];
}

function accepts(allowed: Allowed, value: Value): boolean {
  if (typeof allowed !== 'string') return allowed.includes(value);
  switch (allowed) {
    case 'basestring':
    case 'string':
    case 'str':
      return typeof value === 'string';
    case 'number':
      return isInt(value) || isFloat(value);
    case 'int':
    case 'integer':
      return isInt(value);
    case 'float':
      return isFloat(value);
    case 'bool':
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'dict':
    case 'mapping':
      return value instanceof Dict;
    case 'any':
      return true;
    default:
      return value === allowed;
  }
}
