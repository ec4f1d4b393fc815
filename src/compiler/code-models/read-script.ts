/**
 * Reading a model in TypeScript or JavaScript without running it: what its default export refers to and how
 * it is configured.
 *
 * Followed are the context that the function is given, its parts wherever they are taken out and renamed, and
 * constants. What a helper does with a context that is handed to it isn't: the run checks that.
 */
import type { AnyNode, CallExpression, Program } from 'acorn';
import { type CodeCall, type CodeFacts, type CodePlace, CodeTrouble, placeAt } from './code-facts.ts';
import { type Literal, literalOf, propertyName } from './script-literal.ts';
import { type Meaning, type Method, memberOf, namesOf, other, Scope } from './script-scope.ts';
import { stripTypes } from './strip-types.ts';
import { scriptParser } from './syntax-libraries.ts';

/** What `text` refers to and configures. @throws CodeTrouble */
export function readScript(text: string, isTyped: boolean): CodeFacts {
  const { code, origin } = isTyped ? stripTypes(text) : { code: text, origin: (place: CodePlace) => place };
  return new ScriptReader(code, (offset) => origin(placeAt(code, offset))).read();
}

type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

class ScriptReader {
  readonly #code: string;
  readonly #placeOf: (offset: number) => CodePlace;
  readonly #calls: CodeCall[] = [];

  constructor(code: string, placeOf: (offset: number) => CodePlace) {
    this.#code = code;
    this.#placeOf = placeOf;
  }

  read(): CodeFacts {
    const program = this.#parse();
    const scope = new Scope();
    scope.hoist(program.body);
    for (const statement of program.body) this.#learnConstants(statement, scope);
    const exported = defaultExport(program);
    if (exported === undefined) {
      if (looksLikeModel(program)) throw new CodeTrouble({ kind: 'no-default-export' });
      return { calls: [], isModel: false };
    }
    this.#readConfig(program, scope);
    const model = this.#functionOf(exported, program);
    this.#readFunction(model, scope, { kind: 'context' });
    return { calls: this.#calls, isModel: true };
  }

  #parse(): Program {
    try {
      return scriptParser().parse(this.#code, { ecmaVersion: 'latest', sourceType: 'module' });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0;
      const problem = error.message.replace(/ \(\d+:\d+\)$/, '');
      throw new CodeTrouble({ kind: 'syntax', problem, place: this.#placeOf(offset) });
    }
  }

  /** `export const config = {…}`. */
  #readConfig(program: Program, scope: Scope): void {
    for (const statement of program.body) {
      if (
        statement.type !== 'ExportNamedDeclaration' ||
        statement.declaration?.type !== 'VariableDeclaration'
      )
        continue;
      for (const { id, init } of statement.declaration.declarations) {
        if (id.type !== 'Identifier' || id.name !== 'config' || init == null) continue;
        const found = literalOf(init, (name) => knownValue(scope.find(name)));
        this.#addConfig(found, init, 'config');
      }
    }
  }

  /** The function behind the default export. */
  #functionOf(exported: AnyNode, program: Program): FunctionNode {
    if (isFunction(exported)) return exported;
    if (exported.type === 'ParenthesizedExpression') return this.#functionOf(exported.expression, program);
    if (exported.type === 'CallExpression' && isDefineModel(exported)) {
      const [first] = exported.arguments;
      if (first !== undefined) return this.#functionOf(first, program);
    }
    if (exported.type === 'Identifier') {
      const declared = declarationOf(exported.name, program);
      if (declared !== undefined) return this.#functionOf(declared, program);
    }
    throw new CodeTrouble({
      kind: 'function',
      problem: 'The default export of a model has to be a function that stands in the file',
      hint: 'Write export default async function model({ ref, sql }) { … }, or export default defineModel(async ({ ref }) => …).',
      place: this.#placeOf(exported.start),
    });
  }

  #readFunction(node: FunctionNode, outer: Scope, first: Meaning): void {
    const scope = new Scope(outer);
    node.params.forEach((parameter) => {
      for (const name of namesOf(parameter)) scope.declare(name, other);
    });
    const [context] = node.params;
    if (context !== undefined) scope.bind(context, first);
    for (const parameter of node.params) this.#visit(parameter, scope);
    this.#visit(node.body, scope);
  }

  #visit(node: AnyNode, scope: Scope): void {
    if (isFunction(node)) {
      this.#readFunction(node, scope, other);
      return;
    }
    switch (node.type) {
      case 'BlockStatement':
      case 'StaticBlock':
        this.#visitBlock(node.body, scope);
        return;
      case 'SwitchStatement':
        this.#visit(node.discriminant, scope);
        this.#visitBlock(node.cases, scope);
        return;
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'CatchClause': {
        const inner = new Scope(scope);
        const head =
          node.type === 'ForStatement' ? node.init : node.type === 'CatchClause' ? undefined : node.left;
        if (head != null) inner.hoist([head]);
        if (node.type === 'CatchClause' && node.param != null)
          for (const name of namesOf(node.param)) inner.declare(name, other);
        this.#visitParts(node, inner);
        return;
      }
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          this.#visit(id, scope);
          if (init == null) continue;
          this.#visit(init, scope);
          scope.bind(id, this.#meaningOf(init, scope, node.kind === 'const'));
        }
        return;
      case 'CallExpression':
        this.#takeCall(node, scope);
        this.#visitParts(node, scope);
        return;
      default:
        this.#visitParts(node, scope);
    }
  }

  #visitBlock(statements: readonly AnyNode[], outer: Scope): void {
    const scope = new Scope(outer);
    scope.hoist(statements);
    for (const statement of statements) this.#visit(statement, scope);
  }

  #visitParts(node: AnyNode, scope: Scope): void {
    for (const part of Object.values(node) as unknown[]) {
      for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) {
        if (isNode(one)) this.#visit(one, scope);
      }
    }
  }

  #meaningOf(node: AnyNode, scope: Scope, isConstant: boolean): Meaning {
    switch (node.type) {
      case 'Identifier': {
        const found = scope.find(node.name);
        return found.kind === 'value' && !isConstant ? other : found;
      }
      case 'MemberExpression': {
        if (node.object.type === 'Super' || node.property.type === 'PrivateIdentifier') return other;
        const name = propertyName(node.property, node.computed);
        return memberOf(this.#meaningOf(node.object, scope, isConstant), name);
      }
      case 'ChainExpression':
      case 'ParenthesizedExpression':
        return this.#meaningOf(node.expression, scope, isConstant);
      default: {
        const value = isConstant ? literalOf(node, (name) => knownValue(scope.find(name))) : undefined;
        return value === undefined ? other : { kind: 'value', value: value.value };
      }
    }
  }

  #takeCall(node: CallExpression, scope: Scope): void {
    if (node.callee.type === 'Super') return;
    const meaning = this.#meaningOf(node.callee, scope, false);
    if (meaning.kind !== 'method') return;
    const values = node.arguments.map((argument) =>
      argument.type === 'SpreadElement'
        ? undefined
        : literalOf(argument, (name) => knownValue(scope.find(name))),
    );
    if (meaning.name === 'config') {
      const [first] = node.arguments;
      this.#addConfig(values[0], first ?? node, 'config(…)');
      return;
    }
    const wrong = values.indexOf(undefined);
    if (wrong !== -1) throw this.#notLiteral(meaning.name, node.arguments[wrong] ?? node);
    const given = values.map((value) => value?.value);
    const last = given.at(-1);
    const named = isRecord(last) ? last : {};
    const args = isRecord(last) ? given.slice(0, -1) : given;
    this.#checkArguments(meaning.name, args, node);
    this.#calls.push({ name: meaning.name, args, named, place: this.#placeOf(node.start) });
  }

  #checkArguments(name: Exclude<Method, 'config'>, args: readonly unknown[], node: CallExpression): void {
    const isText = args.every((arg) => typeof arg === 'string');
    const fits = name === 'source' ? args.length === 2 : args.length === 1 || args.length === 2;
    if (isText && fits) return;
    const wanted =
      name === 'source' ? "source('source', 'table')" : "ref('model') or ref('package', 'model')";
    throw new CodeTrouble({
      kind: 'function',
      problem: `${name} is called as ${wanted}`,
      place: this.#placeOf(node.start),
    });
  }

  #addConfig(found: Literal, node: AnyNode, call: string): void {
    if (found === undefined) throw this.#notLiteral(call, node);
    if (!isRecord(found.value)) {
      throw new CodeTrouble({
        kind: 'function',
        problem: "A model's configuration is an object, such as { materialized: 'table' }",
        place: this.#placeOf(node.start),
      });
    }
    this.#calls.push({ name: 'config', args: [], named: found.value, place: this.#placeOf(node.start) });
  }

  #notLiteral(call: string, node: AnyNode): CodeTrouble {
    return new CodeTrouble({ kind: 'not-literal', call, place: this.#placeOf(node.start) });
  }

  /** Constants at the top of the file. */
  #learnConstants(statement: AnyNode, scope: Scope): void {
    if (statement.type === 'ExportNamedDeclaration' && statement.declaration != null)
      this.#learnConstants(statement.declaration, scope);
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') return;
    for (const { id, init } of statement.declarations) {
      if (id.type === 'Identifier' && init != null) scope.bind(id, this.#meaningOf(init, scope, true));
    }
  }
}

function defaultExport(program: Program): AnyNode | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') return statement.declaration;
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const { local, exported } of statement.specifiers) {
      if (propertyName(exported, false) === 'default') return local;
    }
  }
  return undefined;
}

/** Whether somebody meant to write a model: then a missing default export is a mistake. */
function looksLikeModel(program: Program): boolean {
  return ['config', 'model'].some((name) =>
    program.body.some(
      (statement) =>
        statement.type === 'ExportNamedDeclaration' &&
        statement.declaration != null &&
        declares(statement.declaration, name),
    ),
  );
}

function declares(declaration: AnyNode, name: string): boolean {
  if (declaration.type === 'FunctionDeclaration') return declaration.id?.name === name;
  return (
    declaration.type === 'VariableDeclaration' &&
    declaration.declarations.some(({ id }) => namesOf(id).includes(name))
  );
}

function declarationOf(name: string, program: Program): AnyNode | undefined {
  for (const statement of program.body) {
    const declaration =
      statement.type === 'ExportNamedDeclaration' ? statement.declaration : (statement as AnyNode);
    if (declaration?.type === 'FunctionDeclaration' && declaration.id?.name === name) return declaration;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && id.name === name && init != null) return init;
    }
  }
  return undefined;
}

function isDefineModel(call: CallExpression): boolean {
  const { callee } = call;
  if (callee.type === 'Identifier') return callee.name === 'defineModel';
  return (
    callee.type === 'MemberExpression' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'defineModel'
  );
}

function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

function knownValue(meaning: Meaning): Literal {
  return meaning.kind === 'value' ? { value: meaning.value } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
