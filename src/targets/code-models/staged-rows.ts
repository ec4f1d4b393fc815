/**
 * Rows that a program made, in a temporary table of the node's session until the plan reads them.
 *
 * They come in batches of unknown types: the table's columns are widened when a batch needs it, and added when a
 * batch has more. DuckDB keeps what doesn't fit in memory on disk.
 */
import type { ManifestNode } from '../../compiler/index.ts';
import {
  printSqlType,
  quoteIdentifier,
  quotePath,
  readArrow,
  type Session,
  type SqlType,
  type SqlValue,
  scalarType,
} from '../../duckdb/index.ts';
import { fromCell } from './cells.ts';
import { commonType, fitted, isUnknown, settledType, typeOfValue, unknownType } from './column-types.ts';
import { codeModelErrors } from './errors.ts';
import type { Columns } from './messages.ts';

interface StagedColumn {
  readonly name: string;
  type: SqlType;
  /** What the table's column is now. */
  stored: SqlType;
  /** The first value that made the type what it is, for errors. */
  example: string;
  /** A whole number that a DOUBLE would not hold exactly. */
  isExact: boolean;
}

/** The rows of one node. */
export class StagedRows {
  readonly #session: Session;
  readonly #node: ManifestNode;
  readonly #table: readonly string[];
  readonly #columns = new Map<string, StagedColumn>();
  readonly #declared: ReadonlyMap<string, { readonly name: string; readonly type: string }>;
  #isMade = false;
  #rows = 0;

  constructor(session: Session, node: ManifestNode) {
    this.#session = session;
    this.#node = node;
    this.#table = ['temp', 'main', `__boathouse_rows_${node.alias}`];
    this.#declared = new Map(
      Object.values(node.columns).flatMap(({ name, data_type: type }) =>
        type === null || type === undefined ? [] : [[name.toLowerCase(), { name, type }] as const],
      ),
    );
  }

  /** Adds a batch. @throws targets.value-not-storable */
  async add({ names, columns, count }: Columns): Promise<void> {
    const values = columns.map((column) => column.map(fromCell));
    for (const [index, name] of names.entries()) this.#learn(name, values[index] ?? []);
    await this.#shape();
    const staged = [...this.#columns.values()];
    const indexes = staged.map(({ name }) =>
      names.findIndex((one) => one.toLowerCase() === name.toLowerCase()),
    );
    const rows = function* (): Generator<readonly SqlValue[]> {
      for (let row = 0; row < count; row += 1) {
        yield staged.map(({ stored }, at) => fitted(values[indexes[at] ?? -1]?.[row] ?? null, stored));
      }
    };
    await this.#session.appendRows(
      this.#table,
      staged.map(({ stored }) => stored),
      rows(),
    );
    this.#rows += count;
  }

  /** Adds Arrow, as an IPC stream. @throws targets.columns-differ when its columns aren't those of what came before */
  async addArrow(bytes: Uint8Array): Promise<void> {
    const { columns, rows } = await readArrow(bytes);
    if (!this.#isMade) {
      for (const { name, sqlType } of columns)
        this.#columns.set(name.toLowerCase(), {
          name,
          type: sqlType,
          stored: sqlType,
          example: '',
          isExact: false,
        });
      await this.#create();
    }
    const known = [...this.#columns.values()].map(({ name, stored }) => `${name} ${printSqlType(stored)}`);
    const given = columns.map(({ name, type }) => `${name} ${type}`);
    if (known.join('\n') !== given.join('\n')) {
      throw codeModelErrors['columns-differ']({
        node: this.#node.unique_id,
        problem: `it returned Arrow with the columns ${given.join(', ')} after ${known.join(', ')}`,
      });
    }
    this.#rows += await this.#session.appendRows(
      this.#table,
      columns.map(({ sqlType }) => sqlType),
      rows,
    );
  }

  /**
   * The query that gives the rows, as the declared types have them.
   *
   * @param existing the columns of the relation that is there: what a run without rows adds nothing to.
   * @throws targets.value-not-storable, targets.no-columns
   */
  async query(existing: readonly { readonly name: string; readonly type: string }[]): Promise<string> {
    if (!this.#isMade) return this.#emptyQuery(existing);
    await this.#checkDeclared();
    const list = [...this.#columns.values()].map(({ name }) => {
      const declared = this.#declared.get(name.toLowerCase());
      const quoted = quoteIdentifier(name);
      return declared === undefined
        ? quoted
        : `cast(${quoted} as ${declared.type}) as ${quoteIdentifier(declared.name)}`;
    });
    return `select ${list.join(', ')} from ${quotePath(this.#table)}`;
  }

  /** Drops what was staged. */
  async drop(): Promise<void> {
    if (this.#isMade) await this.#session.run(`drop table if exists ${quotePath(this.#table)}`);
  }

  #emptyQuery(existing: readonly { readonly name: string; readonly type: string }[]): string {
    const declared = [...this.#declared.values()];
    const isWhole = declared.length > 0 && declared.length === Object.keys(this.#node.columns).length;
    const columns = isWhole || existing.length === 0 ? declared : existing;
    if (columns.length === 0) throw codeModelErrors['no-columns']({ node: this.#node.unique_id });
    const list = columns.map(({ name, type }) => `cast(null as ${type}) as ${quoteIdentifier(name)}`);
    return `select ${list.join(', ')} where false`;
  }

  #learn(name: string, values: readonly SqlValue[]): void {
    const key = name.toLowerCase();
    const column = this.#columns.get(key) ?? {
      name,
      type: unknownType,
      stored: unknownType,
      example: '',
      isExact: false,
    };
    this.#columns.set(key, column);
    values.forEach((value, index) => {
      if (value === null) return;
      this.#learnValue(column, value, index);
    });
  }

  #learnValue(column: StagedColumn, value: SqlValue, index: number): void {
    const isText =
      this.#isDeclared(column) && column.type.kind === 'scalar' && column.type.name === 'VARCHAR';
    const own = typeOfValue(value);
    const isExact = typeof value === 'bigint' && !Number.isSafeInteger(Number(value));
    const common = own && commonType(column.type, own);
    const losesDigits =
      common?.kind === 'scalar' &&
      common.name === 'DOUBLE' &&
      (isExact || (column.isExact && column.type !== common));
    if (common !== undefined && !losesDigits) {
      if (isUnknown(column.type)) column.example = textOf(value);
      column.type = common;
      column.isExact ||= isExact;
      return;
    }
    // The declared type decides what a text becomes.
    if (isText || (this.#isDeclared(column) && own !== undefined && isScalar(own) && isScalar(column.type))) {
      column.type = scalarType('VARCHAR');
      return;
    }
    throw codeModelErrors['value-not-storable']({
      node: this.#node.unique_id,
      row: this.#rows + index + 1,
      column: column.name,
      value: textOf(value),
      problem:
        own === undefined
          ? 'no type of DuckDB holds it'
          : `the rows before have ${printSqlType(column.type)}, such as ${column.example}, and this is ${printSqlType(own)}`,
    });
  }

  #isDeclared({ name }: StagedColumn): boolean {
    return this.#declared.has(name.toLowerCase());
  }

  /** Makes the table, or makes it wide enough. */
  async #shape(): Promise<void> {
    if (!this.#isMade) {
      for (const column of this.#columns.values()) column.stored = settledType(column.type);
      await this.#create();
      return;
    }
    for (const column of this.#columns.values()) {
      const wanted = settledType(column.type);
      const name = quoteIdentifier(column.name);
      const isNew = isUnknown(column.stored);
      if (!isNew && printSqlType(wanted) === printSqlType(column.stored)) continue;
      const change = isNew
        ? `add column ${name} ${printSqlType(wanted)}`
        : `alter column ${name} set data type ${printSqlType(wanted)}`;
      await this.#session.run(`alter table ${quotePath(this.#table)} ${change}`);
      column.stored = wanted;
    }
  }

  async #create(): Promise<void> {
    const list = [...this.#columns.values()].map(
      ({ name, stored }) => `${quoteIdentifier(name)} ${printSqlType(stored)}`,
    );
    if (list.length === 0) throw codeModelErrors['no-columns']({ node: this.#node.unique_id });
    await this.#session.run(
      `create or replace temporary table ${quotePath(this.#table)} (${list.join(', ')})`,
    );
    this.#isMade = true;
  }

  /** Finds a value that isn't what its column is declared to be, before a cast fails without saying which. */
  async #checkDeclared(): Promise<void> {
    for (const column of this.#columns.values()) {
      const declared = this.#declared.get(column.name.toLowerCase());
      if (declared === undefined) continue;
      const name = quoteIdentifier(column.name);
      const cast = `try_cast(${name} as ${declared.type})`;
      // A cast would round what the program has computed.
      const rounds =
        column.stored.kind === 'scalar' &&
        column.stored.name === 'DOUBLE' &&
        /^u?(?:tiny|small|big|huge)?int/i.test(declared.type)
          ? ` or ${name} <> ${cast}`
          : '';
      const sql = `select rowid + 1, ${name}::varchar from ${quotePath(this.#table)} where ${name} is not null and (${cast} is null${rounds}) limit 1`;
      const [bad] = (await this.#session.query(sql)).rows;
      if (bad === undefined) continue;
      throw codeModelErrors['value-not-storable']({
        node: this.#node.unique_id,
        row: Number(bad[0]),
        column: column.name,
        value: textOf(bad[1] ?? null),
        problem: `it is no ${declared.type.toUpperCase()}`,
      });
    }
  }
}

function isScalar(type: SqlType): boolean {
  return type.kind === 'scalar' || type.kind === 'decimal';
}

function textOf(value: SqlValue): string {
  const text = typeof value === 'string' ? `'${value}'` : String(value as number);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
