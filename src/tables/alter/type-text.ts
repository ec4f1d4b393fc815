/** Types by the names that Spark and DuckDB have for them. Pure. */
import { type DataType, type PrimitiveName, primitive, type StructField } from '../../delta/index.ts';
import { DdlTokens } from './ddl-tokens.ts';

/**
 * The Delta type that `text` names: `bigint`, `array<string>`, `struct<a: int not null, b: date>`, `DECIMAL(10, 2)[]`.
 *
 * @throws tables.bad-schema-text
 */
export function parseTypeText(text: string): DataType {
  const tokens = new DdlTokens(text);
  const type = readType(tokens);
  if (tokens.peek().kind !== 'end') throw tokens.fail('nothing more is expected here');
  return type;
}

/** The type that comes next. @throws tables.bad-schema-text */
export function readType(tokens: DdlTokens, depth = 0): DataType {
  if (depth > depthMax) throw tokens.fail('the type is nested too deeply');
  let type = readPlainType(tokens, depth);
  while (tokens.takeSymbol('[')) {
    if (tokens.peek().kind === 'number') tokens.next();
    tokens.expectSymbol(']');
    type = { kind: 'array', elementType: type, containsNull: true };
  }
  return type;
}

/** Deeper than anyone writes, and far from the end of the stack. */
const depthMax = 100;

function readPlainType(tokens: DdlTokens, depth: number): DataType {
  const start = tokens.peek();
  const name = tokens.name('a type').toUpperCase();
  switch (name) {
    case 'ARRAY':
    case 'LIST': {
      const close = openBracket(tokens);
      const elementType = readType(tokens, depth + 1);
      const containsNull = !tokens.take('NOT', 'NULL');
      tokens.expectSymbol(close);
      return { kind: 'array', elementType, containsNull };
    }
    case 'MAP': {
      const close = openBracket(tokens);
      const keyType = readType(tokens, depth + 1);
      tokens.expectSymbol(',');
      const valueType = readType(tokens, depth + 1);
      const valueContainsNull = !tokens.take('NOT', 'NULL');
      tokens.expectSymbol(close);
      return { kind: 'map', keyType, valueType, valueContainsNull };
    }
    case 'STRUCT':
    case 'ROW':
      return { kind: 'struct', fields: readMembers(tokens, depth) };
    case 'DECIMAL':
    case 'NUMERIC':
    case 'DEC':
      return readDecimal(tokens);
    case 'TIMESTAMP':
    case 'TIME':
      return readTime(tokens, name, start);
    case 'DOUBLE':
      tokens.take('PRECISION');
      return primitive('double');
    case 'CHARACTER':
    case 'CHAR':
      tokens.take('VARYING');
      return sized(tokens, primitive('string'));
    default: {
      const known = types[name];
      if (known === undefined) throw tokens.fail(`${start.text} is no type that Delta has`, start);
      return sized(tokens, typeof known === 'string' ? primitive(known) : known);
    }
  }
}

/** By the names of Spark, of Delta and of DuckDB; what Delta has no type for goes into the next wider one. */
const types: Readonly<Record<string, PrimitiveName | DataType>> = {
  STRING: 'string',
  VARCHAR: 'string',
  TEXT: 'string',
  BPCHAR: 'string',
  UUID: 'string',
  BIGINT: 'long',
  LONG: 'long',
  INT8: 'long',
  INT: 'integer',
  INTEGER: 'integer',
  INT4: 'integer',
  SIGNED: 'integer',
  SMALLINT: 'short',
  SHORT: 'short',
  INT2: 'short',
  TINYINT: 'byte',
  BYTE: 'byte',
  INT1: 'byte',
  UTINYINT: 'short',
  USMALLINT: 'integer',
  UINTEGER: 'long',
  UBIGINT: { kind: 'decimal', precision: 20, scale: 0 },
  HUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: 'float',
  REAL: 'float',
  FLOAT4: 'float',
  FLOAT8: 'double',
  BOOLEAN: 'boolean',
  BOOL: 'boolean',
  LOGICAL: 'boolean',
  BINARY: 'binary',
  BLOB: 'binary',
  BYTEA: 'binary',
  VARBINARY: 'binary',
  DATE: 'date',
  TIMESTAMP_LTZ: 'timestamp',
  TIMESTAMPTZ: 'timestamp',
  TIMESTAMP_NTZ: 'timestamp_ntz',
  DATETIME: 'timestamp_ntz',
  VARIANT: 'variant',
  VOID: 'void',
  NULL: 'void',
};

function openBracket(tokens: DdlTokens): '>' | ')' {
  if (tokens.takeSymbol('(')) return ')';
  tokens.expectSymbol('<');
  return '>';
}

function readMembers(tokens: DdlTokens, depth: number): StructField[] {
  const close = openBracket(tokens);
  const fields: StructField[] = [];
  do {
    const name = tokens.name("a member's name");
    tokens.takeSymbol(':');
    const type = readType(tokens, depth + 1);
    const nullable = !tokens.take('NOT', 'NULL');
    const metadata = tokens.take('COMMENT') ? { comment: tokens.text('a comment') } : {};
    if (fields.some((field) => field.name.toLowerCase() === name.toLowerCase())) {
      throw tokens.fail(`the struct has two members named ${name}`);
    }
    fields.push({ name, type, nullable, metadata });
  } while (tokens.takeSymbol(','));
  tokens.expectSymbol(close);
  return fields;
}

function readDecimal(tokens: DdlTokens): DataType {
  const at = tokens.peek();
  if (!tokens.takeSymbol('(')) return { kind: 'decimal', precision: 10, scale: 0 };
  const precision = Number(tokens.integer('the number of digits'));
  const scale = tokens.takeSymbol(',') ? Number(tokens.integer('the number of decimals')) : 0;
  tokens.expectSymbol(')');
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw tokens.fail(`decimal(${precision}, ${scale}) is outside decimal(38, 38)`, at);
  }
  return { kind: 'decimal', precision, scale };
}

/** TIMESTAMP as Delta and Spark mean it: a point in time. */
function readTime(tokens: DdlTokens, name: string, start: ReturnType<DdlTokens['peek']>): DataType {
  if (name === 'TIME')
    throw tokens.fail('Delta has no type for a time of day: use STRING, or BIGINT for microseconds', start);
  if (tokens.take('WITHOUT', 'TIME', 'ZONE')) return primitive('timestamp_ntz');
  tokens.take('WITH', 'TIME', 'ZONE');
  return primitive('timestamp');
}

/** Lengths, which Delta doesn't keep. */
function sized(tokens: DdlTokens, type: DataType): DataType {
  if (type.kind === 'primitive' && /^(?:string|binary|float)$/.test(type.name) && tokens.takeSymbol('(')) {
    tokens.integer('a length');
    tokens.expectSymbol(')');
  }
  return type;
}
