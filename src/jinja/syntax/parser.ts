/** Statements: what stands between `{%` and `%}`, and the text around it. */

import { definitionTags, parseDefinition, parseMacro } from './definition-parser.ts';
import { ExpressionParser } from './expression-parser.ts';
import { normalizeNewlines, tokenize } from './lexer.ts';
import type { Expression, ExpressionOf, MacroNode, ParameterNode, Statement, Target } from './nodes.ts';
import { SourceText } from './source-text.ts';
import { TokenStream } from './token-stream.ts';

/** A parsed text. */
export interface Tree {
  readonly source: SourceText;
  readonly body: readonly Statement[];
}

/**
 * The syntax tree of `text`.
 *
 * @throws jinja.syntax with file, line and column.
 */
export function parseTree(
  text: string,
  origin: { file: string; line?: number; column?: number; macros?: 'project' | 'file' },
): Tree {
  const clean = normalizeNewlines(text);
  const source = new SourceText(origin.file, clean, origin.line ?? 1, origin.column ?? 1);
  const stream = new TokenStream(source, tokenize(clean));
  try {
    return { source, body: new Parser(stream, origin.macros !== 'file').parseAll() };
  } catch (error) {
    if (error instanceof RangeError) throw stream.error('this is nested too deeply');
    throw error;
  }
}

/** Reads statements from a stream of tokens, each method from the current token on. */
export class Parser {
  readonly stream: TokenStream;
  readonly expressions: ExpressionParser;
  /** Whether dbt's blocks are known. */
  readonly #dbt: boolean;
  readonly #openTags: string[] = [];
  readonly #expectedEnds: (readonly string[])[] = [];

  constructor(stream: TokenStream, dbt: boolean) {
    this.stream = stream;
    this.expressions = new ExpressionParser(stream);
    this.#dbt = dbt;
  }

  parseAll(): Statement[] {
    return this.#statements([]);
  }

  /** The body of a block up to one of `ends`, whose name is left current. */
  parseBody(ends: readonly string[]): Statement[] {
    this.stream.skipIf(':');
    this.stream.expect('block-end');
    const body = this.#statements(ends);
    if (this.stream.is('end')) throw this.#unclosed(undefined, ends, this.stream.current.begin);
    return body;
  }

  /** The body of a block that only `end` closes. */
  parseWholeBody(...ends: readonly string[]): Statement[] {
    const body = this.parseBody(ends);
    this.stream.next();
    return body;
  }

  /** Parameters of a macro or call block, with dbt's type annotations. */
  parseParameters(): ParameterNode[] {
    const { stream, expressions } = this;
    const parameters: ParameterNode[] = [];
    stream.expect('(');
    while (!stream.is(')')) {
      if (parameters.length > 0) stream.expect(',');
      const at = stream.current.begin;
      const name = expressions.parseTargetName();
      if (parameters.some((p) => p.name === name)) {
        throw stream.error(`duplicate argument '${name}'`, at);
      }
      const type = this.#dbt && stream.skipIf(':') ? this.#typeName() : undefined;
      let initial: Expression | undefined;
      let initialSource: string | undefined;
      if (stream.skipIf('=')) {
        const begin = stream.current.begin;
        initial = expressions.parse();
        initialSource = stream.source.text.slice(begin, stream.previous.end);
      } else if (parameters.at(-1)?.initial) {
        throw stream.error('non-default argument follows default argument');
      }
      parameters.push({ name, type, initial, initialSource, at });
    }
    stream.expect(')');
    return parameters;
  }

  #typeName(): string {
    let text = this.stream.expect('name').value;
    if (this.stream.skipIf('[')) {
      const parts: string[] = [];
      while (!this.stream.is(']')) {
        if (parts.length > 0) this.stream.expect(',');
        parts.push(this.#typeName());
      }
      this.stream.expect(']');
      text += `[${parts.join(', ')}]`;
    }
    return text;
  }

  #statements(ends: readonly string[]): Statement[] {
    const { stream } = this;
    const body: Statement[] = [];
    this.#expectedEnds.push(ends);
    while (!stream.is('end')) {
      const { kind, begin, value } = stream.current;
      if (kind === 'data') {
        stream.next();
        body.push({ kind: 'text', at: begin, text: value });
      } else if (kind === 'variable-begin') {
        stream.next();
        const printed = this.expressions.parseTuple();
        body.push({ kind: 'print', at: begin, value: printed });
        stream.expect('variable-end');
      } else {
        stream.next();
        if (ends.length > 0 && stream.is('name') && ends.includes(stream.current.value)) break;
        const statement = this.#statement(begin);
        if (Array.isArray(statement)) body.push(...statement);
        else body.push(statement);
        stream.expect('block-end');
      }
    }
    this.#expectedEnds.pop();
    return body;
  }

  #statement(at: number): Statement | Statement[] {
    const { stream } = this;
    if (!stream.is('name')) throw stream.error('tag name expected');
    const tag = stream.current.value;
    this.#openTags.push(tag);
    const statement = this.#tag(tag, at);
    this.#openTags.pop();
    return statement;
  }

  #tag(tag: string, at: number): Statement | Statement[] {
    const { stream, expressions } = this;
    switch (tag) {
      case 'for':
        return this.#for(at);
      case 'if':
        return this.#if(at);
      case 'set':
        return this.#set(at);
      case 'macro':
        return parseMacro(this, at, this.#dbt);
      case 'call':
        return this.#callBlock(at);
      case 'filter': {
        stream.next();
        const filter = expressions.parseFilters(undefined, true) as ExpressionOf<'filter'>;
        return { kind: 'filter-block', at, filter, body: this.parseWholeBody('endfilter') };
      }
      case 'with':
        return this.#with(at);
      case 'do':
        stream.next();
        return { kind: 'do', at, value: expressions.parseTuple() };
      case 'break':
      case 'continue':
        stream.next();
        return { kind: tag, at };
      case 'autoescape':
        stream.next();
        return {
          kind: 'autoescape',
          at,
          value: expressions.parse(),
          body: this.parseWholeBody('endautoescape'),
        };
      case 'block':
        return this.#block(at);
      case 'print':
        return this.#print(at);
      case 'extends':
      case 'include':
      case 'import':
      case 'from':
        return this.#load(tag, at);
      default: {
        const definition: MacroNode | undefined =
          this.#dbt && definitionTags.has(tag) ? parseDefinition(this, tag, at) : undefined;
        if (definition) return definition;
        this.#openTags.pop();
        throw this.#unclosed(tag, this.#expectedEnds.at(-1) ?? [], stream.current.begin);
      }
    }
  }

  #for(at: number): Statement {
    const { stream, expressions } = this;
    stream.next();
    const target = expressions.parseTarget();
    stream.expectName('in');
    const items = expressions.parseTuple({ allowIf: false });
    const test = stream.skipName('if') ? expressions.parse() : undefined;
    const isRecursive = stream.skipName('recursive');
    const body = this.parseBody(['endfor', 'else']);
    const otherwise = stream.next().value === 'else' ? this.parseWholeBody('endfor') : [];
    return { kind: 'for', at, target, items, test, isRecursive, body, otherwise };
  }

  #if(at: number): Statement {
    const { stream } = this;
    const branches: { test: Expression; body: readonly Statement[] }[] = [];
    stream.next();
    for (;;) {
      const test = this.expressions.parseTuple({ allowIf: false });
      branches.push({ test, body: this.parseBody(['elif', 'else', 'endif']) });
      const closing = stream.next().value;
      if (closing === 'elif') continue;
      const otherwise = closing === 'else' ? this.parseWholeBody('endif') : [];
      return { kind: 'if', at, branches, otherwise };
    }
  }

  #set(at: number): Statement {
    const { stream, expressions } = this;
    stream.next();
    const target = expressions.parseTarget({ allowNamespace: true });
    if (stream.skipIf('=')) return { kind: 'set', at, target, value: expressions.parseTuple() };
    const filter = expressions.parseFilters(undefined) as ExpressionOf<'filter'> | undefined;
    return { kind: 'set-block', at, target, filter, body: this.parseWholeBody('endset') };
  }

  #callBlock(at: number): Statement {
    const { stream } = this;
    stream.next();
    const parameters = stream.is('(') ? this.parseParameters() : [];
    const call = this.expressions.parse();
    if (call.kind !== 'call') throw stream.error('expected call', at);
    return { kind: 'call-block', at, call, parameters, body: this.parseWholeBody('endcall') };
  }

  #with(at: number): Statement {
    const { stream, expressions } = this;
    stream.next();
    const targets: Target[] = [];
    const values: Expression[] = [];
    while (!stream.is('block-end')) {
      if (targets.length > 0) stream.expect(',');
      targets.push(expressions.parseTarget());
      stream.expect('=');
      values.push(expressions.parse());
    }
    return { kind: 'with', at, targets, values, body: this.parseWholeBody('endwith') };
  }

  #print(at: number): Statement[] {
    const { stream } = this;
    stream.next();
    const printed: Statement[] = [];
    while (!stream.is('block-end')) {
      if (printed.length > 0) stream.expect(',');
      printed.push({ kind: 'print', at, value: this.expressions.parse() });
    }
    return printed;
  }

  #block(at: number): Statement {
    const { stream } = this;
    stream.next();
    const name = stream.expect('name').value;
    const isScoped = stream.skipName('scoped');
    const isRequired = stream.skipName('required');
    if (stream.is('-')) {
      throw stream.error(
        'Block names in Jinja have to be valid identifiers; use an underscore instead of a hyphen.',
      );
    }
    const body = this.parseWholeBody('endblock');
    if (isRequired && !body.every((s) => s.kind === 'text' && s.text.trim() === '')) {
      throw stream.error('Required blocks can only contain comments or whitespace');
    }
    stream.skipName(name);
    return { kind: 'block', at, name, isScoped, isRequired, body };
  }

  #load(tag: string, at: number): Statement {
    const { stream, expressions } = this;
    stream.next();
    const template = expressions.parse();
    const names: string[] = [];
    const skipContext = (): boolean => {
      const next = stream.look();
      if (
        !(stream.isName('with') || stream.isName('without')) ||
        next.kind !== 'name' ||
        next.value !== 'context'
      )
        return false;
      stream.next();
      stream.next();
      return true;
    };
    if (tag === 'include') {
      const next = stream.look();
      if (stream.isName('ignore') && next.kind === 'name' && next.value === 'missing') {
        stream.next();
        stream.next();
      }
      skipContext();
    } else if (tag === 'import') {
      stream.expectName('as');
      names.push(expressions.parseTargetName());
      skipContext();
    } else if (tag === 'from') {
      stream.expectName('import');
      for (let first = true; ; first = false) {
        if (!first) stream.expect(',');
        if (!stream.is('name')) stream.expect('name');
        if (skipContext()) break;
        const begin = stream.current.begin;
        const name = expressions.parseTargetName();
        if (name.startsWith('_'))
          throw stream.error('names starting with an underline can not be imported', begin);
        names.push(stream.skipName('as') ? expressions.parseTargetName() : name);
        if (skipContext() || !stream.is(',')) break;
      }
    }
    return { kind: 'load', at, tag, template, names };
  }

  #unclosed(tag: string | undefined, ends: readonly string[], at: number): Error {
    const looking = ends.map((end) => `'${end}'`).join(' or ');
    let problem = tag === undefined ? 'Unexpected end of template.' : `Encountered unknown tag '${tag}'.`;
    if (looking !== '') {
      const misnested = tag !== undefined && this.#expectedEnds.some((expected) => expected.includes(tag));
      problem += misnested
        ? ` You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
        : ` Jinja was looking for the following tags: ${looking}.`;
    }
    const innermost = this.#openTags.at(-1);
    if (innermost !== undefined) problem += ` The innermost block that needs to be closed is '${innermost}'.`;
    return this.stream.error(problem, at);
  }
}
