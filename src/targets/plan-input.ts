/** Everything a plan is decided on: gathered before, so that planning itself asks nobody. */
import type {
  AgateTable,
  ExistingRelation,
  ManifestNode,
  RelationName,
  WarehouseColumn,
} from '../compiler/index.ts';
import type { KeyDependent } from './foreign-key-dependents.ts';
import type { ExternalOutput } from './plan.ts';
import type { StandingFiles } from './standing-files.ts';

/** The facts of one node at the moment it is planned. */
export interface PlanInput {
  readonly node: ManifestNode;
  /** Compiled SQL, ephemeral parents injected. */
  readonly code: string;
  readonly target: RelationName;
  /** What DuckDB has under the target's name: a table, or a view. */
  readonly existing: ExistingRelation | undefined;
  /** The columns of `existing`; empty without one. */
  readonly existingColumns: readonly WarehouseColumn[];
  /** The columns `code` would give; only where a plan needs them. */
  readonly newColumns: readonly WarehouseColumn[];
  /** The model's `full_refresh`, or the invocation's where the model has none. */
  readonly fullRefresh: boolean;
  /** The user's macro in place of ours, by name: undefined where ours is called. */
  readonly overridden: (macro: string) => boolean;
  /** Whether anybody defines the macro. */
  readonly defined: (macro: string) => boolean;
  /** Tables that refer to the one that is there, and stand in the way of building it anew. */
  readonly dependents?: readonly KeyDependent[];
  /** For external relations. */
  readonly output?: ExternalOutput;
  /** For external relations that grow: the files that are there. */
  readonly standing?: StandingFiles | undefined;
  /** For Delta tables: the table's folder, and whether a table is there. */
  readonly delta?: {
    readonly location: string;
    readonly exists: boolean;
    /** The rows are in a DuckDB table still, and are to be moved here before any are added: then `exists` is true. */
    readonly moves?: boolean;
    /** Of the table that is there. */
    readonly partitionBy?: readonly string[];
  };
  /** For seeds: what the CSV file holds. */
  readonly seed?: SeedFacts;
}

/** A seed's file, looked at. */
export interface SeedFacts {
  readonly file: string;
  readonly delimiter: string;
  /** What its values are quoted with. */
  readonly quote: string;
  readonly columns: readonly WarehouseColumn[];
  /** How many rows dbt counts: lines without anything are rows to it. */
  readonly rows: number;
  /** Whether some rows have fewer cells than the header. */
  readonly isRagged: boolean;
  /** The rows as values, where macros load them. */
  readonly table?: AgateTable;
}
