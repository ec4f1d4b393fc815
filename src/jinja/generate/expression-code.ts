/** JavaScript for expressions. Every name, text and number enters the code as a literal made by `JSON.stringify`. */
import { filters } from '../filters/index.ts';
import { tests } from '../filters/tests.ts';
import type { Arguments, Expression, ExpressionOf } from '../syntax/nodes.ts';
import { Float } from '../values/float.ts';
import type { FunctionCode } from './function-code.ts';
import type { Names } from './names.ts';

const comparisonCalls: Readonly<Record<string, string>> = {
  '==': 'R.equals(',
  '!=': '!R.equals(',
  '<': 'R.inOrder("<",',
  '<=': 'R.inOrder("<=",',
  '>': 'R.inOrder(">",',
  '>=': 'R.inOrder(">=",',
};

/** The code of `node`, an expression that evaluates to a value. */
export function expressionCode(node: Expression, names: Names, fn: FunctionCode): string {
  const code = (child: Expression): string => expressionCode(child, names, fn);
  switch (node.kind) {
    case 'constant':
      return constantCode(node, fn);
    case 'name':
      return nameCode(node.name, names, fn);
    case 'namespace-ref':
      return `R.attribute(F,${node.at},${nameCode(node.name, names, fn)},${JSON.stringify(node.attribute)})`;
    case 'attribute':
      return `R.attribute(F,${node.at},${code(node.target)},${JSON.stringify(node.name)})`;
    case 'item':
      if (node.index.kind === 'slice') {
        const { start, stop, step } = node.index;
        const parts = [start, stop, step].map((part) => (part ? code(part) : 'null'));
        return `R.slice(F,${node.at},${code(node.target)},${parts.join(',')})`;
      }
      return `R.item(F,${node.at},${code(node.target)},${code(node.index)})`;
    case 'slice':
      return `R.dict([${[node.start, node.stop, node.step].map((part, i) => `${i},${part ? code(part) : 'null'}`).join(',')}])`;
    case 'call':
      return callCode(node, names, fn);
    case 'filter': {
      const target = node.target ? code(node.target) : 'null';
      return filterCode(node, target, names, fn);
    }
    case 'test':
      return testCode(node, names, fn);
    case 'not':
      return `!${truthCode(node.operand, names, fn)}`;
    case 'negative':
      return `R.negative(${code(node.operand)})`;
    case 'positive':
      return `R.positive(${code(node.operand)})`;
    case 'binary':
      return `R.binary(${JSON.stringify(node.op)},${code(node.left)},${code(node.right)})`;
    case 'comparison':
      return comparisonCode(node, names, fn);
    case 'and': {
      const left = fn.temporary();
      return `(R.truth(${left}=${code(node.left)})?${code(node.right)}:${left})`;
    }
    case 'or': {
      const left = fn.temporary();
      return `(R.truth(${left}=${code(node.left)})?${left}:${code(node.right)})`;
    }
    case 'concat':
      return `R.concat([${node.parts.map(code).join(',')}],F)`;
    case 'conditional': {
      const no = node.no ? code(node.no) : `R.noElse(F,${node.at})`;
      return `(${truthCode(node.test, names, fn)}?${code(node.yes)}:${no})`;
    }
    case 'list':
      return `[${node.items.map(code).join(',')}]`;
    case 'tuple':
      return `R.tuple([${node.items.map(code).join(',')}])`;
    case 'dict':
      return `R.dict([${node.pairs.map(([k, v]) => `${code(k)},${code(v)}`).join(',')}])`;
  }
}

/** The code of `node` as a JavaScript boolean. */
export function truthCode(node: Expression, names: Names, fn: FunctionCode): string {
  const code = expressionCode(node, names, fn);
  const isBoolean = node.kind === 'not' || node.kind === 'comparison' || node.kind === 'test';
  return isBoolean ? `(${code})` : `R.truth(${code})`;
}

/** The value of a name: a variable, or what the scope holds, or an undefined value. */
export function nameCode(name: string, names: Names, fn: FunctionCode): string {
  const variable = names.find(name);
  const text = JSON.stringify(name);
  if (variable !== undefined) return `(${variable}===undefined?R.unset(F,${text}):${variable})`;
  const cached = fn.free(name);
  return `(${cached}===undefined?(${cached}=R.name(F,${text})):${cached})`;
}

function constantCode(node: ExpressionOf<'constant'>, fn: FunctionCode): string {
  const { value } = node;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'number') return JSON.stringify(value);
  if (!node.isFloat) return String(value);
  return Number.isSafeInteger(value)
    ? fn.unit.constant(new Float(value))
    : value === Infinity
      ? 'Infinity'
      : String(value);
}

function comparisonCode(node: ExpressionOf<'comparison'>, names: Names, fn: FunctionCode): string {
  let left = expressionCode(node.left, names, fn);
  const parts = node.rest.map(({ op, right }, i) => {
    const isLast = i === node.rest.length - 1;
    const rightCode = expressionCode(right, names, fn);
    const kept = isLast ? undefined : fn.temporary();
    let call: string;
    if (op === 'in' || op === 'not in') {
      const item = fn.temporary();
      const negation = op === 'in' ? '' : '!';
      call = `${negation}(${item}=${left},R.contains(${kept ? `${kept}=` : ''}${rightCode},${item}))`;
    } else {
      call = `${comparisonCalls[op]}${left},${kept ? `${kept}=` : ''}${rightCode})`;
    }
    left = kept ?? '';
    return call;
  });
  return parts.length === 1 ? `(${parts[0]})` : `(${parts.join('&&')})`;
}

/** Positional and keyword arguments, as the two last arguments of a runtime call. */
export function argumentsCode(node: Arguments, names: Names, fn: FunctionCode, extraKwargs = ''): string {
  const code = (child: Expression): string => expressionCode(child, names, fn);
  const list = `[${node.args.map(code).join(',')}]`;
  const args = node.star ? `R.spread(${list},${code(node.star)})` : list;
  const pairs = node.kwargs.map((k) => `[${JSON.stringify(k.name)},${code(k.value)}]`);
  if (extraKwargs !== '') pairs.push(extraKwargs);
  const map = pairs.length === 0 ? 'R.noKwargs' : `new Map([${pairs.join(',')}])`;
  const kwargs = node.starStar ? `R.spreadKwargs(${map},${code(node.starStar)})` : map;
  return `${args},${kwargs}`;
}

/** A call; `extraKwargs` is one more `[name, value]` pair as code. */
export function callCode(
  node: ExpressionOf<'call'>,
  names: Names,
  fn: FunctionCode,
  extraKwargs = '',
): string {
  const args = argumentsCode(node.arguments, names, fn, extraKwargs);
  const { target } = node;
  if (target.kind === 'attribute') {
    const owner = expressionCode(target.target, names, fn);
    return fn.waiting(`R.callMethod(F,${target.at},${owner},${JSON.stringify(target.name)},${args})`);
  }
  return fn.waiting(`R.call(F,${node.at},${expressionCode(target, names, fn)},${args})`);
}

/** A filter applied to the value that `target` computes. */
export function filterCode(
  node: ExpressionOf<'filter'>,
  target: string,
  names: Names,
  fn: FunctionCode,
): string {
  const args = argumentsCode(node.arguments, names, fn);
  const filter = filters.get(node.name);
  const callee = filter ? fn.unit.constant(filter) : `R.noFilter(F,${node.at},${JSON.stringify(node.name)})`;
  return `R.filter(F,${node.at},${callee},${target},${args})`;
}

function testCode(node: ExpressionOf<'test'>, names: Names, fn: FunctionCode): string {
  const target = expressionCode(node.target, names, fn);
  const quick = node.arguments.args.length === 0 ? quickTests.get(node.name) : undefined;
  if (
    quick !== undefined &&
    node.arguments.kwargs.length === 0 &&
    !node.arguments.star &&
    !node.arguments.starStar
  )
    return `R.${quick}(${target})`;
  const args = argumentsCode(node.arguments, names, fn);
  const test = tests.get(node.name);
  const callee = test ? fn.unit.constant(test) : `R.noTest(F,${node.at},${JSON.stringify(node.name)})`;
  return `R.test(F,${node.at},${callee},${target},${args})`;
}

const quickTests: ReadonlyMap<string, string> = new Map([
  ['defined', 'isDefined'],
  ['none', 'isNone'],
  ['undefined', 'isUndefined'],
]);
