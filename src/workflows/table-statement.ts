/** `table <verb>`: what SQL's statements do to a Delta table, with the parts given one by one. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { assert, unreachable } from '../base/index.ts';
import { quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';
import { type DeltaStatement, parseStatement, type TableRef, type TimeTravel } from '../tables/index.ts';
import { CatalogTables } from './catalog-tables.ts';
import { workflowErrors } from './errors.ts';
import { runStatement, type StatementOptions, type StatementOutcome } from './statement.ts';

/** Which table: a folder, or a name of the catalog. */
export interface TableOptions extends StatementOptions {
  readonly table: string;
}

/** What is done to the table. Conditions and values are SQL over its columns. */
export type TableVerb =
  | { readonly kind: 'history'; readonly limit?: number | undefined }
  | { readonly kind: 'detail' }
  | {
      readonly kind: 'optimize';
      readonly where?: string | undefined;
      readonly zOrderBy?: readonly string[] | undefined;
      readonly full?: boolean | undefined;
      /** Bytes, or `256mb`. */
      readonly targetSize?: string | undefined;
    }
  | { readonly kind: 'purge'; readonly where?: string | undefined }
  | { readonly kind: 'restore'; readonly to: TimeTravel }
  /** `all`: without a condition. */
  | { readonly kind: 'delete'; readonly where?: string | undefined; readonly all?: boolean | undefined }
  | {
      readonly kind: 'update';
      readonly set: Readonly<Record<string, string>>;
      readonly where?: string | undefined;
      readonly all?: boolean | undefined;
    }
  | {
      readonly kind: 'merge';
      /** A Delta table, a relation, a data file, a `.sql` file, or a query. Known as `source` in the rest. */
      readonly source: string;
      /** A condition over `source` and `target`, or names of columns that both have, with commas between. */
      readonly on: string;
      /** Clauses as SQL writes them after WHEN: `MATCHED AND source.gone THEN DELETE`. */
      readonly when: readonly string[];
      readonly schemaEvolution?: boolean | undefined;
    }
  | {
      readonly kind: 'create';
      /** What SQL has between the parentheses of CREATE TABLE. */
      readonly schema: string;
      readonly partitionBy?: readonly string[] | undefined;
      readonly clusterBy?: readonly string[] | undefined;
      readonly properties?: Readonly<Record<string, string>> | undefined;
      readonly comment?: string | undefined;
      readonly orReplace?: boolean | undefined;
      readonly ifNotExists?: boolean | undefined;
    }
  /** The table is the source. */
  | {
      readonly kind: 'clone';
      readonly target: string;
      readonly at: TimeTravel;
      readonly orReplace?: boolean | undefined;
      readonly ifNotExists?: boolean | undefined;
    }
  | { readonly kind: 'convert'; readonly partitionSchema?: string | undefined }
  /** What stands after the table in ALTER TABLE. */
  | { readonly kind: 'alter'; readonly change: string };

/**
 * Does `verb` to the table, in one commit; a catalog that names the table shows it afterwards.
 *
 * @throws workflows.needs-condition, workflows.bad-size, workflows.no-such-source, and as `runStatement`
 */
export function changeTable(verb: TableVerb, options: TableOptions): Promise<StatementOutcome> {
  return runStatement(statementOf(CatalogTables.refOf(options.table), verb), options);
}

/** The statement that `verb` is, on `table`. Reads nothing but a `.sql` file. */
function statementOf(table: TableRef, verb: TableVerb): DeltaStatement {
  switch (verb.kind) {
    case 'history':
      return { kind: 'history', table, limit: verb.limit };
    case 'detail':
      return { kind: 'detail', table };
    case 'optimize': {
      const { where, zOrderBy = [], full = false, targetSize } = verb;
      const size = targetSize === undefined ? {} : { targetSizeBytes: parseSizeBytes(targetSize) };
      return { kind: 'optimize', table, where, zOrderBy, full, ...size };
    }
    case 'purge':
      return { kind: 'purge', table, where: verb.where };
    case 'restore':
      return { kind: 'restore', table, to: verb.to };
    case 'delete': {
      const where = conditionOf(verb, 'deleted');
      return { kind: 'delete', table, alias: undefined, where, truncate: false };
    }
    case 'update': {
      const where = conditionOf(verb, 'changed');
      return { kind: 'update', table, alias: undefined, set: verb.set, where };
    }
    case 'merge':
      return parsed(mergeSql(table, verb));
    case 'create':
      return createStatement(table, verb);
    case 'clone': {
      const { at, orReplace = false, ifNotExists = false } = verb;
      const about = { source: table, at, orReplace, ifNotExists, location: undefined, properties: {} };
      return { kind: 'clone', table: CatalogTables.refOf(verb.target), ...about };
    }
    case 'convert': {
      const uri = table.kind === 'path' ? table.uri : table.parts.join('.');
      return { kind: 'convert', uri, partitionSchema: verb.partitionSchema };
    }
    case 'alter':
      return parsed(`ALTER TABLE ${printRef(table)} ${verb.change}`);
    default:
      return unreachable(verb);
  }
}

function createStatement(table: TableRef, verb: Extract<TableVerb, { kind: 'create' }>): DeltaStatement {
  const { partitionBy, clusterBy, properties = {}, comment, orReplace, ifNotExists } = verb;
  return {
    kind: 'create',
    table,
    location: undefined,
    columns: verb.schema,
    query: undefined,
    spec: {
      properties,
      ...(partitionBy === undefined ? {} : { partitionBy }),
      ...(clusterBy === undefined ? {} : { clusterBy }),
      ...(comment === undefined ? {} : { comment }),
      ...(orReplace === undefined ? {} : { orReplace }),
      ...(ifNotExists === undefined ? {} : { ifNotExists }),
    },
  };
}

function conditionOf(
  { where, all }: { readonly where?: string | undefined; readonly all?: boolean | undefined },
  doing: string,
): string | undefined {
  if (where === undefined && all !== true) throw workflowErrors['needs-condition']({ doing });
  return where;
}

function mergeSql(table: TableRef, verb: Extract<TableVerb, { kind: 'merge' }>): string {
  const isColumns = /^\s*[\p{L}_][\p{L}\p{N}_]*(?:\s*,\s*[\p{L}_][\p{L}\p{N}_]*)*\s*$/u.test(verb.on);
  const on = isColumns
    ? verb.on
        .split(',')
        .map((column) => quoteIdentifier(column.trim()))
        .map((column) => `target.${column} = source.${column}`)
        .join(' AND ')
    : verb.on;
  const evolving = verb.schemaEvolution === true ? 'WITH SCHEMA EVOLUTION ' : '';
  const lines = [
    `MERGE ${evolving}INTO ${printRef(table)} AS target`,
    `USING ${sourceSql(verb.source)} AS source`,
    `ON ${on}`,
    ...verb.when.map((clause) => `WHEN ${clause.replace(/^\s*when\b/i, '').trim()}`),
  ];
  return lines.join('\n');
}

/** A query, a `.sql` file, a Delta table, a relation of the catalog, or a file of rows. @throws workflows.no-such-source */
function sourceSql(source: string): string {
  if (/^\s*(?:\(|(?:select|from|with|values|table)\b)/i.test(source)) return `(${source.trim()}\n)`;
  const ref = CatalogTables.refOf(source);
  if (ref.kind === 'name') return printRef(ref);
  const path = resolve(ref.uri);
  if (existsSync(resolve(path, '_delta_log'))) return printRef(ref);
  if (/\.sql$/i.test(path) && existsSync(path)) return `(${readFileSync(path, 'utf8').trim()}\n)`;
  const isGlob = /[*?[]/.test(ref.uri);
  const isRemote = /^[a-z][a-z0-9+]*:\/\//i.test(ref.uri);
  if (!isGlob && !isRemote && !(existsSync(path) && statSync(path).isFile())) {
    throw workflowErrors['no-such-source']({ source });
  }
  return `(SELECT * FROM ${quoteLiteral(ref.uri)})`;
}

function parsed(sql: string): DeltaStatement {
  const statement = parseStatement(sql);
  assert(statement !== undefined, 'the text begins as a statement on Delta tables does');
  return statement;
}

function printRef(table: TableRef): string {
  return table.kind === 'path'
    ? `delta.${quoteLiteral(table.uri)}`
    : table.parts.map(quoteIdentifier).join('.');
}

/** `268435456` or `256mb`, as bytes. @throws workflows.bad-size */
function parseSizeBytes(text: string): number {
  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(k|m|g|t)?i?b?\s*$/i.exec(text) ?? [];
  const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };
  const bytes = Math.round(Number(digits) * 1024 ** (powers[unit.toLowerCase()] ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw workflowErrors['bad-size']({ text });
  return bytes;
}
