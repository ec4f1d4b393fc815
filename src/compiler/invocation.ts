/**
 * One call of the product: who asked for what, when. What dbt's templates see as `invocation_id`,
 * `run_started_at`, `flags`, `invocation_args_dict` and `env_var`.
 */
import type { Plain } from './manifest.ts';
import type { TimeWindow } from './time-window.ts';

/** The facts of an invocation. Given by a workflow; nothing below reads the clock or the environment itself. */
export interface Invocation {
  /** A UUID. */
  readonly id: string;
  readonly startedAt: Date;
  /** dbt's name of the verb: `build`, `run`, `parse`, `list`, `run-operation` … */
  readonly command: string;
  /** Every option by dbt's snake_case name, as `invocation_args_dict` shows it. */
  readonly args: Plain;
  readonly threads: number;
  readonly fullRefresh: boolean;
  /** `--vars`. They win over every other level. */
  readonly vars: Plain;
  /** `flags.*` by dbt's upper-case names; lower-case ones of `dbt_project.yml` are merged by the workflow. */
  readonly flags: Plain;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `selected_resources` shows while running: unique ids. Filled after selection. */
  selectedResources?: readonly string[];
  /** Where `--defer` leads: relations of another environment, by the id of the node they stand for. Filled before nodes are compiled. */
  deferred?: ReadonlyMap<string, DeferRelation>;
  /** Of every node its relation in the environment that is deferred to, where it has one. */
  counterparts?: ReadonlyMap<string, DeferRelation>;
  /** `--sample`: what has an `event_time` is read from here to there only. */
  readonly sample?: TimeWindow | undefined;
  /** `--empty`: refs render with `where false limit 0`. */
  readonly empty?: boolean;
  /** Whether every deprecated spelling is told, and not the first of each kind. */
  readonly showAllDeprecations?: boolean;
  /** Receives `log(…)` and `print(…)` of templates. Nothing is said when left out. */
  readonly say?: (message: string, kind: 'log' | 'info' | 'print' | 'warn', code?: string) => void;
  /** Receives warnings of the compiler (unused configuration, deprecated keys), each once. */
  readonly warn?: (warning: CompileWarning) => void;
}

/** A node's relation in the environment that is deferred to: dbt's `defer_relation`. */
export interface DeferRelation {
  readonly database: string;
  readonly schema: string;
  readonly alias: string;
  readonly relation_name: string | null;
}

/** Something the user should know, that stops nothing. */
export interface CompileWarning {
  /** Such as `compiler.unknown-config`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly location?: { readonly file: string; readonly line?: number; readonly column?: number } | undefined;
  /** How many such things there are, where only the first one is told. It may grow until the parse has ended. */
  readonly occurrences?: number;
}
