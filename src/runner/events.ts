/**
 * What happens during a run, as one stream: the terminal, the log file and `--json` all draw from it.
 *
 * Events are facts in the order they became true. They hold no colours and no prose beyond the
 * messages of results. Times are milliseconds since 1970.
 */
import type { BoathouseError, SourceLocation } from '../base/index.ts';
import type { NodeResult } from '../targets/index.ts';

/** How loud a message is. `warn` messages count as warnings of the run. */
export type MessageLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a node is, as shown beside its state. */
export interface NodeFacts {
  readonly uniqueId: string;
  readonly name: string;
  readonly resourceType: string;
  readonly materialized: string;
  /** `schema.alias`, or the name where there is no relation. */
  readonly relation: string;
  /** The relation's quoted three-part name, where there is one. */
  readonly relationName: string | undefined;
  /** The file it is written in, relative to the project. */
  readonly file: string;
  /** Absolute path of the compiled SQL, once there is one. */
  readonly compiledPath: string | undefined;
  /** Where it goes, and what dbt's log says of it besides; left out where there is nothing to say. */
  readonly database?: string;
  readonly schema?: string;
  readonly alias?: string;
  /** The file, relative to the folder of its kind. */
  readonly path?: string;
  /** The compiled SQL, relative to the project. */
  readonly compiledFile?: string;
  readonly checksum?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  /** `sql`, `python`, … of a model. */
  readonly language?: string;
  readonly isMicrobatch?: boolean;
  /** The model that a test is on. */
  readonly attachedNode?: string;
  /** Of a snapshot: its configuration, as texts. */
  readonly config?: Readonly<Record<string, string>>;
}

/** How many results of each sort, in the words of dbt's summary line. */
export interface RunCounts {
  readonly pass: number;
  readonly warn: number;
  readonly error: number;
  readonly skip: number;
  readonly noOp: number;
  readonly total: number;
}

/** One event of a run. */
export type RunEvent =
  /** The first one: a command has begun to look at a project. */
  | {
      readonly kind: 'invoked';
      readonly atMs: number;
      readonly invocationId: string;
      /** dbt's name of the command. */
      readonly command: string;
      /** The dbt whose words we speak. */
      readonly dbtVersion: string;
      /** And the dbt-duckdb. */
      /** null for commands that need none. */
      readonly adapterVersion: string | null;
      /** The `flags:` of the project. */
      readonly flags: Readonly<Record<string, unknown>>;
    }
  /** The project is read and sound. */
  | {
      readonly kind: 'parsed';
      readonly atMs: number;
      /** How many of each resource type the project has. */
      readonly found: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'run-started';
      readonly atMs: number;
      readonly invocationId: string;
      readonly command: string;
      readonly project: string;
      readonly target: string;
      readonly threads: number;
      /** How many of each resource type the project has. */
      readonly found: Readonly<Record<string, number>>;
      /** How many are in this run. */
      readonly selected: number;
    }
  | {
      readonly kind: 'node-started';
      readonly atMs: number;
      readonly node: NodeFacts;
      /** From 1, in the order of starting. */
      readonly index: number;
      readonly total: number;
      readonly thread: number;
    }
  | {
      readonly kind: 'node-retried';
      readonly atMs: number;
      readonly node: NodeFacts;
      /** The attempt that failed, from 1. */
      readonly attempt: number;
      readonly attemptsMax: number;
      readonly error: BoathouseError;
    }
  | {
      readonly kind: 'node-finished';
      readonly atMs: number;
      readonly node: NodeFacts;
      readonly index: number;
      readonly total: number;
      /** 0 for nodes that never started. */
      readonly thread: number;
      readonly result: NodeResult;
    }
  | {
      readonly kind: 'message';
      readonly atMs: number;
      readonly level: MessageLevel;
      readonly text: string;
      /** Whether a template printed it: shown even when quiet. */
      readonly printed: boolean;
      readonly code?: string;
      /** dbt's name of what is said, where it has one of its own. */
      readonly event?: { readonly code: string; readonly name: string };
      /** What dbt's log has beside it; the text unless given. */
      readonly data?: Readonly<Record<string, unknown>>;
      readonly location?: SourceLocation;
      readonly hint?: string;
    }
  | {
      readonly kind: 'stopping';
      readonly atMs: number;
      readonly reason: 'interrupted' | 'fail-fast';
      readonly running: number;
    }
  | {
      readonly kind: 'published';
      readonly atMs: number;
      /** Absolute path of the published DuckDB file. */
      readonly path: string;
      readonly generation: number | null;
      /** Relations made, made again or removed. */
      readonly changed: number;
    }
  | {
      readonly kind: 'run-finished';
      readonly atMs: number;
      readonly command: string;
      readonly counts: RunCounts;
      readonly elapsedMs: number;
      readonly interrupted: boolean;
    };

/** Who is told. Called in order, never concurrently; must not throw. */
export type Emit = (event: RunEvent) => void;
