/** What can be done with an agate table: choose, order, group, join, print. Each gives a new table. */
import {
  bindArguments,
  Callable,
  type CallInfo,
  Dict,
  HostObject,
  hashKey,
  hostFunction,
  isInt,
  jinjaErrors,
  type Kwargs,
  str,
  Tuple,
  truth,
  type Value,
} from '../../jinja/index.ts';
import { printCsv, printStructure, printTable } from './agate-print.ts';
import { compareValues } from './agate-sequence.ts';
import { AgateTable } from './agate-table.ts';
import { itemsOf, optionalBoolean, optionalInteger, optionalText } from './arguments.ts';

/** A method of a table. */
export type AgateMethod = (
  table: AgateTable,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
) => Value | Promise<Value>;

/** Methods by name. */
export const agateMethods: Readonly<Record<string, AgateMethod>> = {
  print_table: (t, args, kwargs) => {
    const { values } = bindArguments(
      'print_table',
      [
        ['max_rows', 20],
        ['max_columns', 6],
        ['output', null],
        ['max_column_width', 20],
        ['locale', null],
        ['max_precision', 3],
      ],
      args,
      kwargs,
    );
    printTable(t, {
      rowsMax: optionalInteger('max_rows', values[0]),
      columnsMax: optionalInteger('max_columns', values[1]),
      columnWidthMax: optionalInteger('max_column_width', values[3]),
    });
    return null;
  },
  print_structure: (t) => {
    for (const line of printStructure(t).trimEnd().split('\n')) t.print(line);
    return null;
  },
  print_csv: (t) => {
    t.print(printCsv(t));
    return null;
  },
  select: (t, args, kwargs) => {
    const { values } = bindArguments('select', ['key'], args, kwargs);
    return t.pick(keysOf(values[0]).map((key) => t.indexOf(key)));
  },
  exclude: (t, args, kwargs) => {
    const { values } = bindArguments('exclude', ['key'], args, kwargs);
    const excluded = new Set(keysOf(values[0]).map((key) => t.indexOf(key)));
    return t.pick(t.columnNames.map((_, i) => i).filter((i) => !excluded.has(i)));
  },
  rename: (t, args, kwargs) => {
    const { values } = bindArguments(
      'rename',
      [
        ['column_names', null],
        ['row_names', null],
        ['slug_columns', false],
        ['slug_rows', false],
      ],
      args,
      kwargs,
    );
    return new AgateTable(renamed(t, values[0] ?? null), t.columnTypes, t.rows, t.print);
  },
  limit: (t, args, kwargs) => {
    const { values } = bindArguments(
      'limit',
      ['start_or_stop', ['stop', null], ['step', null]],
      args,
      kwargs,
    );
    const [first, stop, step] = values.map((value) => optionalInteger('limit', value));
    const [from, to] = stop === null || stop === undefined ? [0, first ?? undefined] : [first ?? 0, stop];
    const rows = t.rows.slice(from, to);
    return t.withRows(step === null || step === undefined ? rows : rows.filter((_, i) => i % step === 0));
  },
  order_by: (t, args, kwargs) => {
    const { values } = bindArguments('order_by', ['key', ['reverse', false]], args, kwargs);
    const keys = keysOf(values[0]).map((key) => t.indexOf(key));
    const sign = optionalBoolean('reverse', values[1]) ? -1 : 1;
    return t.withRows([...t.rows].sort((a, b) => sign * compareRows(a, b, keys)));
  },
  distinct: (t, args, kwargs) => {
    const { values } = bindArguments('distinct', [['key', null]], args, kwargs);
    const keys =
      values[0] === null ? t.columnNames.map((_, i) => i) : keysOf(values[0]).map((key) => t.indexOf(key));
    const seen = new Set<unknown>();
    return t.withRows(
      t.rows.filter((row) => {
        const key = hashKey(new Tuple(keys.map((i) => row[i] ?? null)));
        return !seen.has(key) && seen.add(key);
      }),
    );
  },
  group_by: (t, args, kwargs) => {
    const { values } = bindArguments(
      'group_by',
      ['key', ['key_name', null], ['key_type', null]],
      args,
      kwargs,
    );
    const key = t.indexOf(values[0] ?? null);
    const groups = new Dict();
    for (const row of t.rows) {
      const value = row[key] ?? null;
      const rows = groups.get(value);
      if (Array.isArray(rows)) rows.push(row as Value[]);
      else groups.set(value, [row as Value[]]);
    }
    const tables = [...groups.values()].map((rows) => t.withRows(rows as Value[][]));
    return new TableSet([...groups.keys()], tables);
  },
  where: (t, args, kwargs, call) => keepRows(t, args, kwargs, call),
  find: async (t, args, kwargs, call) => {
    const found = await keepRows(t, args, kwargs, call);
    return found.rowSequence.items[0] ?? null;
  },
  join: (t, args, kwargs) => join(t, args, kwargs),
  to_json: (t) =>
    JSON.stringify(
      t.rows.map((row) => Object.fromEntries(t.columnNames.map((n, i) => [n, str(row[i] ?? null)]))),
    ),
};

/** Tables by key: what `group_by` gives. */
class TableSet extends HostObject {
  override readonly typeName = 'TableSet';
  readonly #keys: readonly Value[];
  readonly #tables: readonly AgateTable[];

  constructor(keys: readonly Value[], tables: readonly AgateTable[]) {
    super();
    this.#keys = keys;
    this.#tables = tables;
  }

  override str(): string {
    const rows = this.#keys.map((key, i): Value[] => [str(key), this.#tables[i]?.rows.length ?? 0]);
    const lines: string[] = [];
    printTable(new AgateTable(['table', 'rows'], ['Text', 'Text'], rows, (line) => lines.push(line)), {
      rowsMax: null,
      columnsMax: null,
      columnWidthMax: null,
    });
    return `${lines.join('\n')}\n`;
  }

  override length(): number {
    return this.#tables.length;
  }

  override iterate(): Iterable<Value> {
    return this.#tables;
  }

  override getItem(key: Value): Value | undefined {
    if (isInt(key) && !this.#keys.some(isInt)) return this.#tables.at(Number(key));
    const wanted = hashKey(key);
    return this.#tables[this.#keys.findIndex((own) => hashKey(own) === wanted)];
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'keys':
        return hostFunction(name, () => new Tuple(this.#keys));
      case 'values':
        return hostFunction(name, () => new Tuple(this.#tables));
      case 'items':
        return hostFunction(name, () =>
          this.#keys.map((key, i) => new Tuple([key, this.#tables[i] ?? null])),
        );
      case 'column_names':
        return new Tuple(this.#tables[0]?.columnNames ?? []);
      default:
        return undefined;
    }
  }
}

function keysOf(value: Value | undefined): Value[] {
  return typeof value === 'string' || isInt(value ?? null) ? [value ?? null] : itemsOf('key', value);
}

/** Nulls last, as agate sorts them. */
function compareRows(a: readonly Value[], b: readonly Value[], keys: readonly number[]): number {
  for (const key of keys) {
    const [x, y] = [a[key] ?? null, b[key] ?? null];
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
      continue;
    }
    const sign = compareValues(x, y);
    if (sign !== 0) return sign;
  }
  return 0;
}

function renamed(t: AgateTable, names: Value): readonly string[] {
  if (names === null) return t.columnNames;
  if (names instanceof Dict) {
    return t.columnNames.map((name) => optionalText('column name', names.get(name)) ?? name);
  }
  const given = itemsOf('column_names', names).map((name) => optionalText('column name', name) ?? '');
  return t.columnNames.map((name, i) => given[i] ?? name);
}

/** Rows that a macro says yes to. A macro that asks the database answers later. */
function keepRows(
  t: AgateTable,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
): AgateTable | Promise<AgateTable> {
  const { values } = bindArguments('where', ['test'], args, kwargs);
  const test = values[0];
  if (!(test instanceof Callable))
    throw jinjaErrors['type-error']({ problem: 'where() needs a macro to ask' });
  const answers = t.rowSequence.items.map((row) => test.call([row], new Map(), call));
  const kept = (given: readonly Value[]): AgateTable =>
    t.withRows(t.rows.filter((_, i) => truth(given[i] ?? null)));
  return answers.some((answer) => answer instanceof Promise)
    ? Promise.all(answers).then(kept)
    : kept(answers as Value[]);
}

/** A left join, or an inner one, on equal values of one column each. */
function join(t: AgateTable, args: readonly Value[], kwargs: Kwargs): AgateTable {
  const { values } = bindArguments(
    'join',
    ['right_table', ['left_key', null], ['right_key', null], ['inner', false], ['full_outer', false]],
    args,
    kwargs,
  );
  const right = values[0];
  if (!(right instanceof AgateTable)) throw jinjaErrors['type-error']({ problem: 'join() needs a table' });
  const leftKey = t.indexOf(values[1] ?? 0);
  const rightKey = right.indexOf(values[2] ?? values[1] ?? 0);
  const matches = new Dict();
  for (const row of right.rows) {
    const key = row[rightKey] ?? null;
    const rows = matches.get(key);
    if (Array.isArray(rows)) rows.push(row as Value[]);
    else matches.set(key, [row as Value[]]);
  }
  const others = right.columnNames.map((_, i) => i).filter((i) => i !== rightKey);
  const inner = optionalBoolean('inner', values[3]) ?? false;
  const rows = t.rows.flatMap((row) => {
    const found = matches.get(row[leftKey] ?? null) as Value[][] | undefined;
    if (!found) return inner ? [] : [[...row, ...others.map(() => null)]];
    return found.map((other) => [...row, ...others.map((i) => other[i] ?? null)]);
  });
  const rename = (name: string): string => (t.columnNames.includes(name) ? `${name}2` : name);
  return new AgateTable(
    [...t.columnNames, ...others.map((i) => rename(right.columnNames[i] ?? ''))],
    [...t.columnTypes, ...others.map((i) => right.columnTypes[i] ?? 'Text')],
    rows,
    t.print,
  );
}
