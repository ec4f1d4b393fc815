/** Relations and queries as a model's thread has them. */
import type * as Arrow from 'apache-arrow';
import { quotePath } from '../../duckdb/index.ts';
import { toCell } from './cells.ts';
import type { RelationText } from './messages.ts';
import type { ModelRelation, ModelRow, SqlTag } from './model-context.ts';
import { sqlLiteral } from './sql-literal.ts';

/** What relations ask their rows of. */
export interface RelationHost {
  rows(sql: string): Promise<ModelRow[]>;
  stream(sql: string): AsyncIterable<ModelRow>;
  columns(sql: string): Promise<readonly { readonly name: string; readonly type: string }[]>;
  arrow(sql: string): Promise<Arrow.Table>;
}

/** A relation, or a query. */
export class ThreadRelation implements ModelRelation {
  /** By this, relations know each other across copies of the library. */
  readonly isBoathouseRelation = true;
  readonly sql: string;
  readonly database: string | null;
  readonly schema: string | null;
  readonly identifier: string | null;
  readonly #host: RelationHost;
  readonly #query: string | undefined;

  /** @param query its whole text, where it is a query. */
  constructor(host: RelationHost, text: RelationText, query?: string) {
    this.#host = host;
    this.#query = query;
    this.sql = text.sql;
    this.database = text.database;
    this.schema = text.schema;
    this.identifier = text.identifier;
  }

  /** A statement that gives its rows. */
  get query(): string {
    return this.#query ?? `select * from ${this.sql}`;
  }

  rows(): Promise<ModelRow[]> {
    return this.#host.rows(this.query);
  }

  columns(): Promise<readonly { readonly name: string; readonly type: string }[]> {
    return this.#host.columns(this.query);
  }

  arrow(): Promise<Arrow.Table> {
    return this.#host.arrow(this.query);
  }

  [Symbol.asyncIterator](): AsyncIterator<ModelRow> {
    return this.#host.stream(this.query)[Symbol.asyncIterator]();
  }

  toString(): string {
    return this.sql;
  }
}

/** Whether `value` is a relation. */
export function isThreadRelation(value: unknown): value is ThreadRelation {
  return typeof value === 'object' && value !== null && 'isBoathouseRelation' in value;
}

/** The `sql` of a model's context. */
export function sqlTag(host: RelationHost): SqlTag {
  const query = (text: string): ThreadRelation =>
    new ThreadRelation(host, { ...nameless, sql: `(\n${withoutEnd(text)}\n)` }, withoutEnd(text));
  const tag = (text: TemplateStringsArray, ...values: readonly unknown[]): ModelRelation =>
    query(
      String.raw(
        // A backslash is SQL's own here, as it is in a file of SQL.
        { raw: text.raw.map((part) => part.replaceAll('\\`', '`').replaceAll('\\${', '${')) },
        ...values.map((value) => (isThreadRelation(value) ? value.sql : sqlLiteral(toCell(value)))),
      ),
    );
  return Object.assign(tag as SqlTag, {
    raw: (text: string) => new ThreadRelation(host, { ...nameless, sql: text }, text),
    id: (...parts: readonly string[]) => new ThreadRelation(host, { ...nameless, sql: quotePath(parts) }),
  });
}

/** A query without the semicolon that some end it with. */
export function withoutEnd(sql: string): string {
  return sql.replace(/(?:\s|;)+$/, '');
}

const nameless = { database: null, schema: null, identifier: null };
