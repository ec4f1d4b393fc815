import type { SourceLocation } from '../base/index.ts';
import { factsOf, type TemplateFacts } from './facts.ts';
import { compileMacro } from './generate/compile.ts';
import { specialNames } from './generate/statement-code.ts';
import { BoundMacro, type MacroCode, type MacroShape } from './render/macro.ts';
import type { RenderOptions } from './render-options.ts';
import type { Scope } from './scope.ts';
import type { DefinitionKind, MacroNode, Statement } from './syntax/nodes.ts';
import type { SourceText } from './syntax/source-text.ts';
import type { Template } from './template.ts';
import type { Callable } from './values/host-object.ts';

/** One parameter of a macro. */
export interface DefinitionParameter {
  readonly name: string;
  /** The default as written, absent when there is none. */
  readonly defaultSource?: string;
  /** dbt's optional type annotation, as written. */
  readonly type?: string;
}

/** A top-level block that defines something: a macro, test, materialization, snapshot or docs block. */
export class Definition {
  readonly kind: DefinitionKind;
  /** The name as written. */
  readonly name: string;
  /** dbt's name of the macro behind it: `test_x`, `materialization_x_duckdb`; `name` for the rest. */
  readonly macroName: string;
  /** Materializations: the adapter, `default` unless written. */
  readonly adapter: string | undefined;
  /** Materializations: `['sql']` unless written. */
  readonly supportedLanguages: readonly string[] | undefined;
  readonly parameters: readonly DefinitionParameter[];
  readonly #node: MacroNode;
  readonly #source: SourceText;
  readonly #makeTemplate: (body: readonly Statement[]) => Template;
  readonly #code = new Map<string, MacroCode>();
  #shape: MacroShape | undefined;
  #facts: TemplateFacts | undefined;

  /** Made by a template for its blocks. */
  constructor(node: MacroNode, source: SourceText, makeTemplate: (body: readonly Statement[]) => Template) {
    this.#node = node;
    this.#source = source;
    this.#makeTemplate = makeTemplate;
    this.kind = node.defines;
    this.name = node.name;
    this.macroName = node.macroName.replace(/^dbt_(?:macro|docs|snapshot)__/, '');
    this.adapter = node.adapter;
    this.supportedLanguages = node.supportedLanguages;
    this.parameters = node.parameters.map(({ name, initialSource, type }) => ({
      name,
      ...(initialSource === undefined ? {} : { defaultSource: initialSource }),
      ...(type === undefined ? {} : { type }),
    }));
  }

  /** The whole block as written, tags included. */
  get source(): string {
    return this.#source.text.slice(this.#node.at, this.#node.end);
  }

  /**
   * `source` with the white space around it that `{%-` and `-%}` take away, up to where the file's code
   * begins and ends.
   */
  get sourceWithSpace(): string {
    const { text } = this.#source;
    let { at, end } = this.#node;
    if (text.startsWith('{%-', at)) {
      const before = text.slice(0, at).trimEnd();
      // The block before this one has taken what follows it.
      if (before !== '' && !before.endsWith('-%}')) at = before.length;
    }
    if (text.startsWith('-%}', end - 3)) {
      const after = text.slice(end).trimStart();
      if (after !== '') end = text.length - after.length;
    }
    return text.slice(at, end);
  }

  /** What stands between its tags. */
  get body(): string {
    return this.#source.text.slice(this.#node.bodyBegin, this.#node.bodyEnd);
  }

  /** Where the block begins. */
  get location(): SourceLocation {
    return this.#source.locate(this.#node.at);
  }

  get facts(): TemplateFacts {
    this.#facts ??= factsOf([this.#node], this.#source);
    return this.#facts;
  }

  /**
   * The macro as a value. Free names are looked up in `scope` at every call. A call returns a promise
   * only if something inside it did, and ends at `return()`. Cheap: code is shared by all bindings.
   *
   * @param options for calls that come from JavaScript; a call from a template follows its render.
   */
  bind(scope: Scope, options?: RenderOptions): Callable {
    return new BoundMacro(this.#shapeOf(), this.#source, scope, options, (flavour) => this.#codeOf(flavour));
  }

  /** The body as a template of its own, rendered as a model is: for snapshots and docs. */
  bodyTemplate(): Template {
    return this.#makeTemplate(this.#node.body);
  }

  #shapeOf(): MacroShape {
    if (!this.#shape) {
      const special = specialNames(this.#node);
      this.#shape = {
        name: this.macroName,
        parameters: this.#node.parameters.map((p) => p.name),
        usesCaller: special.includes('caller'),
        usesKwargs: special.includes('kwargs'),
        usesVarargs: special.includes('varargs'),
      };
    }
    return this.#shape;
  }

  #codeOf(flavour: 'sync' | 'async'): MacroCode {
    let code = this.#code.get(flavour);
    if (!code) {
      code = compileMacro(this.#node, flavour);
      this.#code.set(flavour, code);
    }
    return code;
  }
}
