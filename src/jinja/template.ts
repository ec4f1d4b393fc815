/** A parsed template, and the one way to get one. */
import { Definition } from './definition.ts';
import { jinjaErrors } from './errors.ts';
import { factsOf, type TemplateFacts } from './facts.ts';
import { filters } from './filters/index.ts';
import { tests } from './filters/tests.ts';
import { compileTemplate, type TemplateCode } from './generate/compile.ts';
import { drive, type Running } from './render/drive.ts';
import { Frame, locateError } from './render/frame.ts';
import { nativeResult } from './render/native.ts';
import { ReturnSignal } from './render/return-signal.ts';
import { type RenderOptions, renderOf } from './render-options.ts';
import type { Scope } from './scope.ts';
import { checkTree } from './syntax/check.ts';
import type { Statement } from './syntax/nodes.ts';
import { parseTree } from './syntax/parser.ts';
import type { SourceText } from './syntax/source-text.ts';
import type { Value } from './values/value.ts';

/** Where a template's text comes from. */
export interface TemplateOrigin {
  readonly file: string;
  /** The line of `file` on which the text begins, from 1. */
  readonly line?: number;
  /** The column at which the text begins on that line, from 1. */
  readonly column?: number;
  /**
   * Whom a `{% macro %}` in the text belongs to. `project` (the default, dbt's way): in the text it goes
   * by `dbt_macro__x` only, so that every other name is found by the scope. `file`: Jinja's way, where
   * dbt's own blocks are unknown.
   */
  readonly macros?: 'project' | 'file';
}

/**
 * The template in `text`. Parses at once, generates code when first rendered.
 *
 * @throws jinja.syntax with file, line and column.
 */
export function parseTemplate(text: string, origin: TemplateOrigin): Template {
  try {
    const { source, body } = parseTree(text, origin);
    checkTree(body, source, { filters, tests });
    return new Template(source, body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // A chain of thousands of operators: the tree is deeper than the stack.
    const { file, line = 1, column = 1 } = origin;
    throw jinjaErrors.syntax(
      { problem: 'an expression or a block is nested too deeply' },
      { location: { file, line, column, text } },
    );
  }
}

/** A parsed template. Safe to render many times at once: what a render needs is its own. */
export class Template {
  readonly #source: SourceText;
  readonly #body: readonly Statement[];
  readonly #code = new Map<string, TemplateCode>();
  #definitions: readonly Definition[] | undefined;
  #facts: TemplateFacts | undefined;

  /** Made by `parseTemplate`. */
  constructor(source: SourceText, body: readonly Statement[]) {
    this.#source = source;
    this.#body = body;
  }

  get file(): string {
    return this.#source.file;
  }

  /** The text, every line end a `\n`. */
  get text(): string {
    return this.#source.text;
  }

  /** The macros, tests, materializations, snapshots and docs blocks at the top of the text. */
  get definitions(): readonly Definition[] {
    this.#definitions ??= this.#body
      .filter((statement) => statement.kind === 'macro')
      .map((node) => new Definition(node, this.#source, (body) => new Template(this.#source, body)));
    return this.#definitions;
  }

  get facts(): TemplateFacts {
    this.#facts ??= factsOf(this.#body, this.#source);
    return this.#facts;
  }

  /** The rendered text. @throws jinja.async-in-sync when something it calls returns a promise */
  renderSync(scope: Scope, options?: RenderOptions): string {
    const frame = this.#frame(scope, 'sync', options);
    try {
      return this.#codeOf('sync')(frame) as string;
    } catch (error) {
      throw outermost(error, frame);
    }
  }

  /** The rendered text. Waits wherever something it calls returns a promise. */
  async render(scope: Scope, options?: RenderOptions): Promise<string> {
    const frame = this.#frame(scope, 'async', options);
    try {
      return (await drive(this.#codeOf('async')(frame) as Running, frame)) as string;
    } catch (error) {
      throw outermost(error, frame);
    }
  }

  /**
   * The value of a YAML string, as in dbt's native environment: one expression alone keeps its type,
   * anything else is text; `as_bool`, `as_number` and `as_native` read that text as a Python literal.
   *
   * @throws jinja.value-error when a marked text is no such literal
   */
  renderNative(scope: Scope, options?: RenderOptions): Value {
    const frame = new Frame(undefined, undefined, this.#source, scope, renderOf('sync', options, true));
    try {
      return nativeResult(this.#codeOf('native')(frame) as Parameters<typeof nativeResult>[0]);
    } catch (error) {
      throw outermost(error, frame);
    }
  }

  #frame(scope: Scope, flavour: 'sync' | 'async', options: RenderOptions | undefined): Frame {
    return new Frame(undefined, undefined, this.#source, scope, renderOf(flavour, options));
  }

  #codeOf(kind: 'sync' | 'async' | 'native'): TemplateCode {
    let code = this.#code.get(kind);
    if (!code) {
      code = compileTemplate(this.#body, kind === 'async' ? 'async' : 'sync', kind === 'native');
      this.#code.set(kind, code);
    }
    return code;
  }
}

function outermost(error: unknown, frame: Frame): unknown {
  if (error instanceof ReturnSignal) return jinjaErrors['stray-return']({}, { location: frame.location });
  return locateError(error, frame);
}
