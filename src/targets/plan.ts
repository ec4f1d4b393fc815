/**
 * What running a node will do, as a list of tagged steps.
 *
 * Planning is pure: it sees the node, its compiled SQL and what the relation looks like now, and
 * decides. `perform.ts` obeys. So a plan can be shown (`--plan`), tested as text, and trusted: what
 * is shown is what runs. Only hooks are in it unrendered, because they see what the steps before
 * them did.
 */
import type { AgateTable, RelationKind, RelationName, WarehouseColumn } from '../compiler/index.ts';
import type { AlterChange } from '../tables/index.ts';
import type { StandingFiles } from './standing-files.ts';

/** How an external relation is laid out on disk. */
export interface ExternalOutput {
  /** Absolute path of the file, or of the folder for a partitioned or per-thread output; or a URL. */
  readonly location: string;
  /** A URL: written where it is read, because there is nothing to rename. */
  readonly isRemote: boolean;
  readonly isDirectory: boolean;
  readonly format: 'parquet' | 'csv' | 'json';
  /** What stands between the brackets of `COPY … TO … (…)`. */
  readonly copyOptions: string;
  /** Named arguments of the reading function, printed: `union_by_name = false`. */
  readonly readOptions: readonly string[];
  readonly partitionBy: readonly string[];
  /** Keeps the files that are there and adds to them. */
  readonly append: boolean;
  /** The files' ending, with its dot: `.parquet`, `.csv.gz`. */
  readonly extension: string;
}

/** Which of the files that are there stay: all, those of partitions without new files, or those that no row names. */
export type KeptFiles =
  | { readonly kind: 'all' | 'other-partitions'; readonly standing: StandingFiles }
  | {
      readonly kind: 'untouched';
      readonly standing: StandingFiles;
      /** A table whose column `dbt_file` names the files that don't stay. */
      readonly touched: string;
    };

/** One step of a plan. */
export type PlanStep =
  /** Starts the node's transaction. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'commit' }
  /** Renders and runs one hook of the node. */
  | {
      readonly kind: 'hook';
      readonly moment: 'pre' | 'post';
      readonly index: number;
      readonly sql: string;
      readonly transaction: boolean;
    }
  /** A statement. The `main` one gives the node its message. */
  | { readonly kind: 'sql'; readonly sql: string; readonly main?: boolean }
  /** Describes a column, if the relation has come out with it. */
  | {
      readonly kind: 'describe-column';
      readonly relation: RelationName;
      readonly column: string;
      readonly text: string;
    }
  /** Renders a template in the node's context, and runs what it gives. */
  | {
      readonly kind: 'render';
      readonly template: string;
      /** Texts that the template sees besides. */
      readonly names: Readonly<Record<string, string>>;
      readonly main?: boolean;
    }
  /** Calls a macro that the user wrote in place of ours, and runs what it gives. */
  | {
      readonly kind: 'macro';
      readonly name: string;
      readonly arguments: readonly MacroArgument[];
      readonly main?: boolean;
    }
  /** Loads a CSV file into a table that the steps before have made. */
  | {
      readonly kind: 'load-seed';
      readonly relation: RelationName;
      readonly file: string;
      readonly delimiter: string;
      /** What values are quoted with, and escaped by. */
      readonly quote: string;
      readonly columns: readonly string[];
      /** Whether a refresh of the whole was asked for. */
      readonly isRefresh: boolean;
      /** How many rows the file has. */
      readonly rows: number;
      /** Whether some rows have fewer cells than the header. */
      readonly isRagged: boolean;
    }
  /** Loads a CSV file's rows by the macros of dbt that do so, which make or empty the table, too. */
  | {
      readonly kind: 'seed-by-macros';
      readonly relation: RelationName;
      readonly table: AgateTable;
      readonly first: 'create_csv_table' | 'reset_csv_table';
      readonly isRefresh: boolean;
    }
  /** Writes the query's rows once, to files nobody reads yet. */
  | {
      readonly kind: 'stage-external';
      readonly query: string;
      readonly output: ExternalOutput;
      /** Files of the relation as it is that go on being part of it. */
      readonly keep?: KeptFiles;
      /** False for rows that aren't the model's new ones. */
      readonly counted?: boolean;
    }
  /** Makes a temporary view of the rows that are in the relation's files, with the file of each as `dbt_file`. */
  | {
      readonly kind: 'read-external';
      readonly view: string;
      readonly output: ExternalOutput;
      readonly standing: StandingFiles;
      readonly columns: readonly WarehouseColumn[];
    }
  /** Makes the relation a view over what was staged. */
  | {
      readonly kind: 'view-external';
      readonly relation: RelationName;
      readonly output: ExternalOutput;
      /** The relation's columns, where the query's aren't all of them. */
      readonly columns?: readonly WarehouseColumn[];
    }
  /** Puts what was staged in the place of what was there. */
  | { readonly kind: 'swap-external'; readonly relation: RelationName; readonly output: ExternalOutput }
  /** Writes the query's rows to a Delta table as one commit. */
  | {
      readonly kind: 'write-delta';
      readonly relation: RelationName;
      readonly query: string;
      readonly location: string;
      readonly mode: 'append' | 'overwrite';
      readonly schemaMode: 'merge' | 'overwrite' | undefined;
      readonly partitionBy: readonly string[];
      /** Of a table that this makes. */
      readonly configuration: Readonly<Record<string, string>>;
      /** With mode `overwrite`: only rows for which it is true are replaced, and the new ones have to match it. */
      readonly replaceWhere?: string;
      /** With mode `overwrite`: only partitions that the rows are in are replaced. */
      readonly dynamicPartitions?: boolean;
      /** False for rows that aren't the model's new ones. */
      readonly counted?: boolean;
    }
  /** Gives the Delta table what its model says of it, as far as it isn't so already; one commit, or none. */
  | {
      readonly kind: 'define-delta';
      readonly relation: RelationName;
      readonly location: string;
      readonly changes: readonly AlterChange[];
    }
  /** Makes the relation a view over the version of the Delta table that is newest now. */
  | { readonly kind: 'pin-delta'; readonly relation: RelationName; readonly location: string }
  /** Notes what the relation is now, for the catalog. */
  | {
      readonly kind: 'made';
      readonly relation: RelationName;
      readonly as: RelationKind;
      /** The SELECT of a view, as written. */
      readonly select: string | null;
    };

/** An argument of a macro call. */
export type MacroArgument =
  | { readonly kind: 'relation'; readonly relation: RelationName; readonly type: RelationKind }
  | { readonly kind: 'columns'; readonly columns: readonly WarehouseColumn[] }
  | { readonly kind: 'text'; readonly text: string }
  /** Anything JSON can say. */
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [string, MacroArgument])[] };

/** A plan as text: one step a line, SQL indented below its step. Stable, for goldens and `--plan`. */
export function printPlan(steps: readonly PlanStep[]): string {
  return `${steps.map(printStep).join('\n')}\n`;
}

function printStep(step: PlanStep): string {
  switch (step.kind) {
    case 'begin':
    case 'commit':
      return step.kind;
    case 'hook':
      return block(`hook ${step.moment}${step.transaction ? '' : ' outside the transaction'}`, step.sql);
    case 'describe-column':
      return `describe-column ${printName(step.relation)}.${step.column}`;
    case 'sql':
      return block(step.main ? 'sql main' : 'sql', step.sql);
    case 'render':
      return block(step.main ? 'render main' : 'render', step.template);
    case 'macro':
      return `macro ${step.name}(${step.arguments.map(printArgument).join(', ')})`;
    case 'load-seed':
      return `load-seed ${printName(step.relation)} from ${step.file} (${step.columns.join(', ')})`;
    case 'seed-by-macros':
      return `seed-by-macros ${step.first}, load_csv_rows of ${step.table.rows.length} rows`;
    case 'stage-external':
      return block(
        `stage-external ${step.output.location} (${step.output.copyOptions})${step.keep === undefined ? '' : `, keeping ${step.keep.kind} files`}`,
        step.query,
      );
    case 'read-external':
      return `read-external ${step.view} from ${step.standing.files.length} files of ${step.output.location}`;
    case 'view-external':
      return `view-external ${printName(step.relation)}`;
    case 'swap-external':
      return `swap-external ${printName(step.relation)} at ${step.output.location}`;
    case 'write-delta': {
      const partitions = step.partitionBy.length > 0 ? ` partitioned by ${step.partitionBy.join(', ')}` : '';
      const schema = step.schemaMode ? ` schema ${step.schemaMode}` : '';
      const where = step.replaceWhere === undefined ? '' : ` where ${step.replaceWhere}`;
      const mode = step.dynamicPartitions === true ? `${step.mode} partitions` : step.mode;
      return block(`write-delta ${mode}${schema}${partitions} ${step.location}${where}`, step.query);
    }
    case 'define-delta':
      return block(
        `define-delta ${printName(step.relation)} at ${step.location}`,
        step.changes.map((change) => JSON.stringify(change)).join('\n'),
      );
    case 'pin-delta':
      return `pin-delta ${printName(step.relation)} at ${step.location}`;
    case 'made':
      return `made ${step.as} ${printName(step.relation)}`;
  }
}

function block(head: string, text: string): string {
  const body = text.trim().split('\n');
  return [head, ...body.map((line) => `    ${line}`.trimEnd())].join('\n');
}

function printArgument(argument: MacroArgument): string {
  switch (argument.kind) {
    case 'relation':
      return printName(argument.relation);
    case 'columns':
      return `[${argument.columns.map(({ name }) => name).join(', ')}]`;
    case 'text':
      return '<sql>';
    case 'plain':
      return JSON.stringify(argument.value);
    case 'dict':
      return `{${argument.entries.map(([key, value]) => `${key}: ${printArgument(value)}`).join(', ')}}`;
  }
}

function printName(name: RelationName): string {
  return [name.database, name.schema, name.identifier].filter((part) => part !== '').join('.');
}
