/** Constants in conditions: what they are, and what the engine makes of those that need work. */
import { type Json, printJson } from '../../base/index.ts';
import {
  Decimal,
  quoteLiteral,
  type Session,
  SqlDate,
  type SqlValue,
  Timestamp,
} from '../../duckdb/index.ts';
import { isNode, member, type SqlNode, walkNodes } from './sql-tree.ts';

/** A constant by its type, which decides how it is compared with a column. */
export type Constant =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'decimal'; readonly digits: string }
  | { readonly kind: 'double'; readonly value: number }
  /** A literal takes the type of what it is compared with; other texts don't. */
  | { readonly kind: 'text'; readonly value: string; readonly isLiteral: boolean }
  | { readonly kind: 'date'; readonly days: number }
  /** Of a wall clock, or with `isInstant` of UTC. */
  | { readonly kind: 'timestamp'; readonly micros: bigint; readonly isInstant: boolean }
  | { readonly kind: 'other' };

/** What is still to be computed, by `constantKey`. */
export type Wanted = Map<string, SqlNode>;

/** The constant that `node` spells out; undefined when it isn't a plain literal. Pure. */
export function literalOf(node: SqlNode): Constant | undefined {
  if (node['class'] === 'CAST') return castLiteral(node);
  if (node['class'] !== 'CONSTANT') return undefined;
  const value = member(node, 'value');
  const type = member(value, 'type');
  if (value === undefined || type === undefined) return undefined;
  if (value['is_null'] === true) return { kind: 'null' };
  const given = value['value'];
  switch (type['id']) {
    case 'BOOLEAN':
      return typeof given === 'boolean' ? { kind: 'boolean', value: given } : undefined;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'HUGEINT': {
      const whole = wholeNumber(given);
      return whole === undefined ? undefined : { kind: 'integer', value: whole };
    }
    case 'DECIMAL': {
      const unscaled = wholeNumber(given);
      const scale = member(type, 'type_info')?.['scale'];
      if (unscaled === undefined || typeof scale !== 'number') return undefined;
      return { kind: 'decimal', digits: new Decimal(unscaled, 38, scale).toString() };
    }
    case 'DOUBLE':
      return typeof given === 'number' || typeof given === 'bigint'
        ? { kind: 'double', value: Number(given) }
        : undefined;
    case 'VARCHAR':
      return typeof given === 'string' ? { kind: 'text', value: given, isLiteral: true } : undefined;
    default:
      return undefined;
  }
}

/** The spellings that the parser itself makes casts of: `true`, `DATE '2024-01-01'`. */
function castLiteral(node: SqlNode): Constant | undefined {
  const child = member(node, 'child');
  const text = child?.['class'] === 'CONSTANT' ? literalOf(child) : undefined;
  if (text?.kind !== 'text') return undefined;
  const to = member(node, 'cast_type')?.['id'];
  if (to === 'BOOLEAN' && /^[tf]$/.test(text.value)) return { kind: 'boolean', value: text.value === 't' };
  if (to !== 'DATE' || !/^\d{4}-\d{2}-\d{2}$/.test(text.value)) return undefined;
  const timeMs = Date.parse(text.value);
  const isDay = Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(text.value);
  return isDay ? { kind: 'date', days: timeMs / 86_400_000 } : undefined;
}

/** Whether `node` has the same value whenever and for whichever row it is computed. Pure. */
export function isConstant(node: SqlNode): boolean {
  for (const part of walkNodes(node)) {
    switch (part['class']) {
      case undefined:
      case 'CONSTANT':
      case 'CAST':
        break;
      case 'FUNCTION':
        if (!steadyFunctions.has(String(part['function_name']).toLowerCase())) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Functions that depend on nothing but their arguments. */
const steadyFunctions: ReadonlySet<string> = new Set([
  ...[
    '+',
    '-',
    '*',
    '/',
    '//',
    '%',
    '||',
    'abs',
    'trunc',
    'lower',
    'upper',
    'concat',
    'make_date',
    'make_timestamp',
  ],
  ...['date_trunc', 'datetrunc', 'date_add', 'date_sub', 'date', 'strptime', 'epoch_ms', 'to_timestamp'],
  ...['to_years', 'to_months', 'to_weeks', 'to_days', 'to_hours', 'to_minutes', 'to_seconds'],
  ...['to_milliseconds', 'to_microseconds', 'list_value', 'last_day', 'year', 'month', 'day'],
]);

/** Tells the constant `node` from others. Pure. */
export function constantKey(node: SqlNode): string {
  return JSON.stringify(node, (name, value: unknown) =>
    name === 'query_location' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** `node` cast to the engine's type called `type`. Pure. */
export function castNode(node: SqlNode, type: string): SqlNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    query_location: 0,
    child: node,
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}

/**
 * The values of `wanted`, computed by the engine in one go; none at all when one of them can't be.
 *
 * @param knowsZone whether the session's time zone is the one that counts; else nothing that could depend on
 * it is computed.
 */
export async function computeConstants(
  session: Session,
  wanted: Wanted,
  knowsZone: boolean,
): Promise<ReadonlyMap<string, Constant>> {
  const unknown = new Map([...wanted.keys()].map((key): [string, Constant] => [key, { kind: 'other' }]));
  const keys = [...wanted.keys()].filter((key) => knowsZone || !dependsOnZone(key));
  if (keys.length === 0) return unknown;
  const statement = {
    error: false,
    statements: [
      {
        node: {
          type: 'SELECT_NODE',
          modifiers: [],
          cte_map: { map: [] },
          select_list: keys.map((key) => wanted.get(key) as SqlNode),
          from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
          where_clause: null,
          group_expressions: [],
          group_sets: [],
          aggregate_handling: 'STANDARD_HANDLING',
          having: null,
          sample: null,
          qualify: null,
        },
        named_param_map: [],
      },
    ],
  };
  try {
    const sql = await session.value(`SELECT json_deserialize_sql(${quoteLiteral(printJson(statement))})`);
    const { columns, rows } = await session.query(String(sql));
    const computed = new Map<string, Constant>(unknown);
    keys.forEach((key, index) => {
      const type = columns[index]?.sqlType;
      const isWhole = type?.kind === 'scalar' && wholeTypes.test(type.name);
      computed.set(key, constantOf(rows[0]?.[index] ?? null, isWhole));
    });
    return computed;
  } catch {
    // A constant that can't be computed fails the statement it stands in, with the engine's own words.
    return unknown;
  }
}

/** Whoever takes the clock's time leaves room for other zones. */
function dependsOnZone(key: string): boolean {
  return (
    /WITH TIME ZONE|TIMESTAMPTZ|to_timestamp/i.test(key) &&
    !/"(?:now|today|[a-z_]*current_[a-z]+|localtimestamp|transaction_timestamp)"/i.test(key)
  );
}

const wholeTypes = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;

function constantOf(value: SqlValue, isWhole: boolean): Constant {
  if (value === null) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (typeof value === 'bigint') return { kind: 'integer', value };
  if (typeof value === 'number')
    return isWhole ? { kind: 'integer', value: BigInt(value) } : { kind: 'double', value };
  if (typeof value === 'string') return { kind: 'text', value, isLiteral: false };
  if (value instanceof Decimal) return { kind: 'decimal', digits: value.toString() };
  if (value instanceof SqlDate) return { kind: 'date', days: value.days };
  if (value instanceof Timestamp && value.unit !== 'ns' && !value.isInfinite)
    return { kind: 'timestamp', micros: value.micros, isInstant: value.isInstant };
  return { kind: 'other' };
}

function wholeNumber(json: Json | undefined): bigint | undefined {
  if (typeof json === 'bigint') return json;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  if (json === undefined || !isNode(json)) return undefined;
  const upper = wholeNumber(json['upper']);
  const lower = wholeNumber(json['lower']);
  return upper === undefined || lower === undefined ? undefined : (upper << 64n) + lower;
}
