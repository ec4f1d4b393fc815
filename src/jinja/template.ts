import type { SourceLocation } from '../base/index.ts';
import { BugError } from '../base/index.ts';
import type { Scope } from './scope.ts';
import type { Callable } from './values/host-object.ts';
import type { UndefinedMode } from './values/undefined.ts';
import type { Value } from './values/value.ts';

/** Where a template's text comes from. */
export interface TemplateOrigin {
  readonly file: string;
  /** The line of `file` on which the text begins, from 1. */
  readonly line?: number;
  /** The column at which the text begins on that line, from 1. */
  readonly column?: number;
  /**
   * Whom a `{% macro %}` in the text belongs to. `project` (the default, dbt's way): it can be called by
   * the name `dbt_macro__x` only, so that every other name is found by the scope. `file`: Jinja's way.
   */
  readonly macros?: 'project' | 'file';
}

/** How to render. */
export interface RenderOptions {
  /** `strict` unless given. */
  readonly undefined?: UndefinedMode;
}

/** One parameter of a macro. */
export interface DefinitionParameter {
  readonly name: string;
  /** The default as written, absent when there is none. */
  readonly defaultSource?: string;
  /** dbt's optional type annotation, as written. */
  readonly type?: string;
}

/** A value that was written out in the template: what static reading can know of an argument. */
export type LiteralValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly LiteralValue[]
  | { readonly [key: string]: LiteralValue };

/** A call in a template. */
export interface CallFact {
  /** The name as written: `foo`, or `pkg.foo` for an attribute of a bare name. */
  readonly name: string;
  /** Positional arguments when every argument of the call is a literal. */
  readonly literalArgs?: readonly LiteralValue[];
  readonly literalKwargs?: Readonly<Record<string, LiteralValue>>;
  readonly location: SourceLocation;
}

/** What can be known of a template without rendering it. */
export interface TemplateFacts {
  /** Every call, in the order of the text, those inside macros included. */
  readonly calls: readonly CallFact[];
  /** Every free name that is read. */
  readonly names: ReadonlySet<string>;
  /** Whether rendering could give anything but the text itself. */
  readonly isStatic: boolean;
}

/** A top-level block that defines something: a macro, test, materialization, snapshot or docs block. */
export interface Definition {
  readonly kind: 'macro' | 'test' | 'materialization' | 'snapshot' | 'docs';
  /** The name as written. */
  readonly name: string;
  /** dbt's name of the macro behind it: `test_x`, `materialization_x_duckdb`; `name` for the rest. */
  readonly macroName: string;
  /** Materializations: the adapter, `default` unless given. */
  readonly adapter?: string;
  /** Materializations: `['sql']` unless given. */
  readonly supportedLanguages?: readonly string[];
  readonly parameters: readonly DefinitionParameter[];
  /** The whole block as written, tags included. */
  readonly source: string;
  /** What stands between its tags. */
  readonly body: string;
  readonly location: SourceLocation;
  readonly facts: TemplateFacts;
  /**
   * The macro as a value. Free names are looked up in `scope` whenever it is called. A call returns a
   * promise only if something inside it did, and catches `return()`.
   */
  bind(scope: Scope, options?: RenderOptions): Callable;
  /** The body as a template of its own, rendered like a model: for snapshots and docs. */
  bodyTemplate(): Template;
}

/** A parsed template. Code is generated when it is first rendered. */
export interface Template {
  readonly file: string;
  readonly text: string;
  readonly definitions: readonly Definition[];
  readonly facts: TemplateFacts;
  /** The text. @throws jinja.async-in-sync when something it calls returns a promise. */
  renderSync(scope: Scope, options?: RenderOptions): string;
  /** The text; waits wherever something it calls returns a promise. */
  render(scope: Scope, options?: RenderOptions): Promise<string>;
  /**
   * The value of a YAML string, as dbt's native environment: one expression alone keeps its type,
   * anything else is text; `as_bool`, `as_number` and `as_native` read the text as a literal.
   */
  renderNative(scope: Scope, options?: RenderOptions): Value;
}

/**
 * The template in `text`. Parses at once, generates code at the first render.
 *
 * @throws jinja.syntax with file, line and column.
 */
export function parseTemplate(_text: string, _origin: TemplateOrigin): Template {
  throw new BugError('the parser lands with the next commit');
}
