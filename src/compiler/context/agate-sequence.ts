/**
 * agate's sequences: values by index and by name. The columns of a table, its rows, one row, one column.
 */
import {
  bindArguments,
  Dict,
  equals,
  HostObject,
  hostFunction,
  isInt,
  type Kwargs,
  order,
  PySet,
  repr,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { Decimal } from './decimal.ts';

/** How many values of a sequence are printed. */
const itemsShown = 5;

type Method = (args: readonly Value[], kwargs: Kwargs) => Value;

/** Values in order, some of which have names. */
export class MappedSequence extends HostObject {
  override readonly typeName: string = 'MappedSequence';
  override readonly isSequence = true;
  readonly items: readonly Value[];
  readonly names: readonly string[] | undefined;

  constructor(items: readonly Value[], names?: readonly string[]) {
    super();
    this.items = items;
    this.names = names;
  }

  override str(): string {
    const shown = repr(new Tuple(this.items.slice(0, itemsShown)));
    return `<agate.${this.typeName}: ${this.items.length > itemsShown ? `${shown.slice(0, -1)}, ...)` : shown}>`;
  }

  override length(): number {
    return this.items.length;
  }

  override truthy(): boolean {
    return this.items.length > 0;
  }

  override *iterate(): Iterable<Value> {
    yield* this.items;
  }

  override contains(item: Value): boolean {
    return this.items.some((other) => equals(other, item));
  }

  override equals(other: Value): boolean {
    const items =
      other instanceof MappedSequence
        ? other.items
        : other instanceof Tuple
          ? other.items
          : Array.isArray(other)
            ? other
            : undefined;
    return items !== undefined && equals(new Tuple(this.items), new Tuple(items));
  }

  override toJs(): unknown {
    return this.items;
  }

  override getItem(key: Value): Value | undefined {
    if (typeof key === 'string') {
      const index = this.names?.indexOf(key) ?? -1;
      return index < 0 ? undefined : this.items[index];
    }
    if (!isInt(key) && typeof key !== 'boolean') return undefined;
    return this.items.at(Number(key));
  }

  override getAttr(name: string): Value | undefined {
    const method = this.method(name);
    return method ? hostFunction(name, method) : undefined;
  }

  /** The method `name`; subclasses add theirs. */
  protected method(name: string): Method | undefined {
    const keys = (): Value => (this.names ? new Tuple(this.names) : null);
    const entries = (): [string, Value][] => (this.names ?? []).map((key, i) => [key, this.items[i] ?? null]);
    switch (name) {
      case 'values':
        return () => new Tuple(this.items);
      case 'keys':
        return keys;
      case 'items':
        return () => entries().map((entry) => new Tuple(entry));
      case 'dict':
        return () => new Dict(entries());
      case 'get':
        return (args, kwargs) => {
          const { values } = bindArguments('get', ['key', ['default', null]], args, kwargs);
          return this.getItem(values[0] ?? null) ?? values[1] ?? null;
        };
      default:
        return undefined;
    }
  }
}

/** One row: a value per column. */
export class AgateRow extends MappedSequence {
  override readonly typeName = 'Row';
}

/** The type of a column: what agate makes of its values. */
export type AgateType = 'Integer' | 'Number' | 'Boolean' | 'Date' | 'DateTime' | 'Text';

/** A type as templates see it: something that prints and compares by name. */
export class AgateDataType extends HostObject {
  override readonly typeName: AgateType;

  constructor(name: AgateType) {
    super();
    this.typeName = name;
  }

  override str(): string {
    const module = { Integer: 'dbt_common.clients.agate_helper', Number: 'dbt_common.clients.agate_helper' };
    const path = module[this.typeName as 'Integer'] ?? `agate.data_types.${agateModules[this.typeName]}`;
    return `<${path}.${this.typeName} object>`;
  }

  override equals(other: Value): boolean {
    return other instanceof AgateDataType && other.typeName === this.typeName;
  }
}

const agateModules: Readonly<Record<AgateType, string>> = {
  Integer: 'number',
  Number: 'number',
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'date_time',
  Text: 'text',
};

/** One column: a value per row. */
export class AgateColumn extends MappedSequence {
  override readonly typeName = 'Column';
  readonly name: string;
  readonly index: number;
  readonly dataType: AgateType;

  constructor(
    index: number,
    name: string,
    dataType: AgateType,
    items: readonly Value[],
    rowNames?: readonly string[],
  ) {
    super(items, rowNames);
    this.name = name;
    this.index = index;
    this.dataType = dataType;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'name':
        return this.name;
      case 'index':
        return this.index;
      case 'data_type':
        return new AgateDataType(this.dataType);
      default:
        return super.getAttr(name);
    }
  }

  protected override method(name: string): Method | undefined {
    const present = (): Value[] => this.items.filter((item) => item !== null);
    switch (name) {
      case 'values_distinct':
        return () => new Tuple([...new PySet(this.items).values()]);
      case 'values_without_nulls':
        return () => new Tuple(present());
      case 'values_sorted':
        return () => [...present().sort(compareValues), ...this.items.filter((item) => item === null)];
      case 'values_without_nulls_sorted':
        return () => present().sort(compareValues);
      default:
        return super.method(name);
    }
  }
}

/** The order agate sorts by; values without an order count as equal. */
export function compareValues(a: Value, b: Value): number {
  if (a instanceof Decimal) return a.compare(b) ?? 0;
  return order(a, b) ?? 0;
}
