/**
 * Reading a model in Python without running it, as dbt does: calls of `dbt.ref`, `dbt.source`, `dbt.config`
 * and `dbt.config.get` with literals, and the one function `model(dbt, session)`.
 */
import type { SyntaxNode } from '@lezer/common';
import { parseLiteral } from '../../jinja/index.ts';
import type { Plain } from '../manifest.ts';
import { toPlain } from '../plain-values.ts';
import { type CodeCall, type CodeFacts, type CodePlace, CodeTrouble, placeAt } from './code-facts.ts';
import { pythonParser } from './syntax-libraries.ts';

/** What `text` refers to and configures. @throws CodeTrouble */
export function readPython(text: string): CodeFacts {
  return new PythonReader(text).read();
}

class PythonReader {
  readonly #text: string;
  readonly #calls: CodeCall[] = [];
  readonly #used: { readonly keys: unknown[]; readonly defaults: unknown[] } = { keys: [], defaults: [] };
  readonly #usedMeta: { readonly keys: unknown[]; readonly defaults: unknown[] } = { keys: [], defaults: [] };

  constructor(text: string) {
    this.#text = text;
  }

  read(): CodeFacts {
    const tree = pythonParser().parser.parse(this.#text);
    tree.iterate({
      enter: ({ type, from }) => {
        if (type.isError)
          throw new CodeTrouble({ kind: 'syntax', problem: 'invalid syntax', place: this.#placeOf(from) });
      },
    });
    this.#checkModel(tree.topNode);
    this.#visit(tree.topNode);
    const used: Plain = {};
    if (this.#used.keys.length > 0 || this.#usedMeta.keys.length > 0) {
      used['config_keys_used'] = this.#used.keys;
      used['config_keys_defaults'] = this.#used.defaults;
      used['meta_keys_used'] = this.#usedMeta.keys;
      used['meta_keys_defaults'] = this.#usedMeta.defaults;
      this.#calls.push({ name: 'config', args: [], named: used, place: { line: 1, column: 1 } });
    }
    return { calls: this.#calls, isModel: true };
  }

  #checkModel(top: SyntaxNode): void {
    const found: SyntaxNode[] = [];
    const look = (node: SyntaxNode): void => {
      if (node.name === 'FunctionDefinition') {
        if (this.#textOf(node.getChild('VariableName')) === 'model') found.push(node);
        return;
      }
      for (const child of childrenOf(node)) look(child);
    };
    look(top);
    const [model] = found;
    if (model === undefined || found.length > 1) {
      throw this.#badFunction(
        `dbt allows exactly one model defined per python file, found ${found.length}`,
        found[1],
      );
    }
    const parameters = childrenOf(model.getChild('ParamList'))
      .filter(({ name }) => name === 'VariableName')
      .map((node) => this.#textOf(node));
    const problems: string[] = [];
    if (parameters.length > 0 && parameters[0] !== 'dbt')
      problems.push("'dbt' not provided for model as the first argument");
    if (parameters.length !== 2)
      problems.push('model function should have two args, `dbt` and a session to current warehouse');
    const last = model.getChild('Body')?.lastChild;
    if (
      last?.name !== 'ReturnStatement' ||
      last.getChild('TupleExpression') !== null ||
      last.getChild(',') !== null
    )
      problems.push('In current version, model function should return only one dataframe object');
    if (problems.length > 0) throw this.#badFunction(problems.join('\n'), model);
  }

  /** Arguments before what the function is taken from: the order in which dbt lists references. */
  #visit(node: SyntaxNode): void {
    if (node.name !== 'CallExpression') {
      for (const child of childrenOf(node)) this.#visit(child);
      return;
    }
    this.#takeCall(node);
    const [callee, ...rest] = childrenOf(node);
    for (const child of rest) this.#visit(child);
    if (callee !== undefined) this.#visit(callee);
  }

  #takeCall(node: SyntaxNode): void {
    const callee = node.firstChild;
    const name = callee === null ? undefined : functionName(this.#textOf(callee));
    if (name === undefined) return;
    const { args, named } = this.#argumentsOf(node, name);
    const place = this.#placeOf(node.from);
    if (name === 'ref' || name === 'source' || name === 'config') {
      this.#calls.push({ name, args, named, place });
      return;
    }
    const called = name === 'get' ? 'dbt.config.get()' : 'dbt.config.meta_get()';
    if (args.length === 0) throw this.#badFunction(`${called} requires at least one argument`, node);
    if (args.length > 2)
      throw this.#badFunction(`${called} takes at most 2 arguments (${args.length} given)`, node);
    const used = name === 'get' ? this.#used : this.#usedMeta;
    used.keys.push(args[0]);
    used.defaults.push(args[1] ?? null);
  }

  #argumentsOf(call: SyntaxNode, name: string): { readonly args: unknown[]; readonly named: Plain } {
    const args: unknown[] = [];
    const named: Plain = {};
    const parts = childrenOf(call.getChild('ArgList')).filter(
      ({ name: kind }) => kind !== 'Comment' && !/^[(),]$/.test(kind),
    );
    for (let i = 0; i < parts.length; i += 1) {
      const part = parts[i] as SyntaxNode;
      const value = parts[i + 2];
      if (part.name === 'VariableName' && parts[i + 1]?.name === 'AssignOp' && value !== undefined) {
        named[this.#textOf(part)] = this.#literal(value, name);
        i += 2;
      } else args.push(this.#literal(part, name));
    }
    return { args, named };
  }

  #literal(node: SyntaxNode, name: string): unknown {
    if (isLiteral(node)) {
      const value = parseLiteral(this.#withoutComments(node));
      if (value !== undefined) return toPlain(value);
    }
    const call = name === 'get' || name === 'meta_get' ? `dbt.config.${name}` : `dbt.${name}`;
    throw new CodeTrouble({ kind: 'not-literal', call, place: this.#placeOf(node.from) });
  }

  #withoutComments(node: SyntaxNode): string {
    if (node.name === 'Comment') return '';
    const children = childrenOf(node);
    if (children.length === 0) return this.#textOf(node);
    return children.map((child) => this.#withoutComments(child)).join(' ');
  }

  #badFunction(problem: string, node: SyntaxNode | undefined): CodeTrouble {
    return new CodeTrouble({ kind: 'function', problem, place: this.#placeOf(node?.from ?? 0) });
  }

  #textOf(node: SyntaxNode | null): string {
    return node === null ? '' : this.#text.slice(node.from, node.to);
  }

  #placeOf(offset: number): CodePlace {
    return placeAt(this.#text, offset);
  }
}

type Called = 'ref' | 'source' | 'config' | 'get' | 'meta_get';

const functions: ReadonlyMap<string, Called> = new Map([
  ['dbt.ref', 'ref'],
  ['dbt.source', 'source'],
  ['dbt.config', 'config'],
  ['dbt.config.get', 'get'],
  ['dbt.config.meta_get', 'meta_get'],
]);

function functionName(callee: string): Called | undefined {
  return functions.get(callee.replace(/\s+/g, ''));
}

const literals: ReadonlySet<string> = new Set([
  'String',
  'ContinuedString',
  'Number',
  'Boolean',
  'None',
  'UnaryExpression',
  'ArrayExpression',
  'TupleExpression',
  'DictionaryExpression',
  'SetExpression',
  'ParenthesizedExpression',
  'ArithOp',
  'Comment',
]);

function isLiteral(node: SyntaxNode): boolean {
  return childrenOf(node).every((child) => !/^[A-Za-z]/.test(child.name) || isLiteral(child))
    ? literals.has(node.name)
    : false;
}

function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
