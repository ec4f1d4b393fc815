/** JavaScript for statements. `o` is the text rendered so far by the block around. */
import type {
  BlockNode,
  CallBlockNode,
  Expression,
  ForNode,
  MacroNode,
  ParameterNode,
  Statement,
  Target,
} from '../syntax/nodes.ts';
import { bodiesOf, usesName } from '../syntax/walk.ts';
import { callCode, expressionCode, filterCode, truthCode } from './expression-code.ts';
import { isFoldable } from './folding.ts';
import { FunctionCode, type UnitCode } from './function-code.ts';
import { assignedNames, Names } from './names.ts';

/** Where generated statements stand. */
interface Place {
  readonly names: Names;
  readonly fn: FunctionCode;
  /** Whether `o` collects values for a native render instead of text. */
  readonly native: boolean;
  /** Whether assignments are seen by `block`s: those of the template's own level. */
  readonly exports: boolean;
}

/** The code of a whole template: a function of a frame that returns its text, or its values when `native`. */
export function templateCode(body: readonly Statement[], unit: UnitCode, native: boolean): string {
  const fn = new FunctionCode(unit);
  const place: Place = { names: new Names(undefined), fn, native, exports: hasBlock(body) };
  const inner = blockCode(body, place);
  const exports = place.exports ? 'const X=new Map();' : '';
  return `return ${fn.keyword}(F){${fn.declarations()}${exports}let o=${native ? '[]' : '""'};${inner}return o;}`;
}

/** The code of a macro on its own: a function of a frame and arguments. */
export function macroUnitCode(node: MacroNode, unit: UnitCode): string {
  return `return ${macroFunction(node.parameters, node.body, specialNames(node), new Names(undefined), unit)}`;
}

/** Which of the special names a macro uses, in the order their values follow the arguments. */
export function specialNames(node: MacroNode | CallBlockNode): readonly ('caller' | 'kwargs' | 'varargs')[] {
  const explicit = new Set(node.parameters.map((p) => p.name));
  return (['caller', 'kwargs', 'varargs'] as const).filter(
    (name) => !explicit.has(name) && usesName(node.body, name),
  );
}

function hasBlock(body: readonly Statement[]): boolean {
  return body.some((statement) => statement.kind === 'block' || bodiesOf(statement).some(hasBlock));
}

/** Statements in a block of their own: declares what they assign, then their code. */
function blockCode(body: readonly Statement[], place: Place): string {
  let declarations = '';
  for (const [name, start] of assignedNames(body)) {
    if (place.names.own(name) !== undefined) continue;
    const variable = place.fn.unit.variable();
    const outer = place.names.parent?.find(name);
    const text = JSON.stringify(name);
    const initial = outer ?? (start === 'unset' ? 'undefined' : `R.lookup(F,${text})`);
    declarations += `let ${variable}=${initial};`;
    place.names.declare(name, variable);
  }
  return declarations + statementsCode(body, place);
}

function innerPlace(place: Place): Place {
  return { names: new Names(place.names), fn: place.fn, native: false, exports: false };
}

function statementsCode(body: readonly Statement[], place: Place): string {
  let code = '';
  for (const statement of body) code += statementCode(statement, place);
  return code;
}

function statementCode(statement: Statement, place: Place): string {
  const { names, fn } = place;
  switch (statement.kind) {
    case 'text': {
      const text = JSON.stringify(statement.text);
      return place.native ? `R.nativeText(o,${text});` : `o+=${text};`;
    }
    case 'print':
      return `F.p=${statement.at};${printCode(expressionCode(statement.value, names, fn), place, statement.value)}`;
    case 'do':
      return `F.p=${statement.at};${expressionCode(statement.value, names, fn)};`;
    case 'set':
      return `F.p=${statement.at};${setCode(statement.target, statement.value, place)}`;
    case 'set-block': {
      const text = fn.unit.variable();
      const body = captureCode(statement.body, innerPlace(place), text);
      const value = statement.filter
        ? filterChain(statement.filter, `R.captured(F,${text})`, place)
        : `R.captured(F,${text})`;
      return `${body}${assignCode(statement.target, value, place)}`;
    }
    case 'if': {
      const branches = statement.branches.map(
        (b) => `if(F.p=${b.test.at},${truthCode(b.test, names, fn)}){${statementsCode(b.body, place)}}`,
      );
      const otherwise =
        statement.otherwise.length > 0 ? `else{${statementsCode(statement.otherwise, place)}}` : '';
      return branches.join('else ') + otherwise;
    }
    case 'for':
      return forCode(statement, place);
    case 'macro': {
      const variable = names.find(statement.macroName) ?? '';
      const inner = macroValue(statement.name, statement, statement.parameters, statement.body, place);
      return `${variable}=${inner};${place.exports ? `X.set(${JSON.stringify(statement.macroName)},${variable});` : ''}`;
    }
    case 'call-block': {
      const caller = macroValue('caller', statement, statement.parameters, statement.body, place);
      const call = callCode(statement.call, names, fn, `["caller",${caller}]`);
      return `F.p=${statement.at};${printCode(call, place)}`;
    }
    case 'filter-block': {
      const text = fn.unit.variable();
      const place2 = innerPlace(place);
      const body = captureCode(statement.body, place2, text);
      return body + printCode(filterChain(statement.filter, `R.captured(F,${text})`, place), place);
    }
    case 'with':
      return withCode(statement, place);
    case 'autoescape': {
      const [before, inner] = [fn.unit.variable(), { ...innerPlace(place), native: place.native }];
      const value = truthCode(statement.value, names, fn);
      return `{const ${before}=F.escapes;F.escapes=${value};${blockCode(statement.body, inner)}F.escapes=${before};}`;
    }
    case 'break':
    case 'continue':
      return `${statement.kind};`;
    case 'block':
      return blockTagCode(statement, place);
    case 'load':
      return `R.unsupported(F,${statement.at},${JSON.stringify(statement.tag)});`;
  }
}

function printCode(value: string, place: Place, node?: Expression): string {
  if (!place.native) return `o+=R.out(F,${value});`;
  return `R.nativeValue(o,${value},${node !== undefined && isFoldable(node)});`;
}

/** A block's text in a variable of its own. */
function captureCode(body: readonly Statement[], place: Place, variable: string): string {
  return `let ${variable};{let o="";${blockCode(body, place)}${variable}=o;}`;
}

function filterChain(node: Expression, captured: string, place: Place): string {
  if (node.kind !== 'filter') return captured;
  const target = node.target ? filterChain(node.target, captured, place) : captured;
  return filterCode(node, target, place.names, place.fn);
}

function setCode(target: Target, value: Expression, place: Place): string {
  return assignCode(target, expressionCode(value, place.names, place.fn), place);
}

function assignCode(target: Target | Expression, value: string, place: Place): string {
  if (target.kind === 'name') {
    const variable = place.names.find(target.name) ?? place.fn.temporary();
    return `${variable}=${value};${place.exports ? `X.set(${JSON.stringify(target.name)},${variable});` : ''}`;
  }
  if (target.kind === 'namespace-ref') {
    const owner = expressionCode({ kind: 'name', name: target.name, at: target.at }, place.names, place.fn);
    const kept = place.fn.temporary();
    return `${kept}=${value};R.setAttribute(F,${target.at},${owner},${JSON.stringify(target.attribute)},${kept});`;
  }
  if (target.kind !== 'tuple') return `${value};`;
  const items = place.fn.unit.variable();
  const parts = target.items.map((item, i) => assignCode(item, `${items}[${i}]`, place));
  return `const ${items}=R.unpack(F,${value},${target.items.length});${parts.join('')}`;
}

/** Declares the names of a target that gets a value at once: loop variables, `with`. */
function declareTarget(target: Target | Expression, place: Place): string {
  if (target.kind === 'name') {
    const variable = place.fn.unit.variable();
    place.names.declare(target.name, variable);
    return `let ${variable};`;
  }
  return target.kind === 'tuple' ? target.items.map((item) => declareTarget(item, place)).join('') : '';
}

function withCode(node: Extract<Statement, { kind: 'with' }>, place: Place): string {
  const inner: Place = { ...innerPlace(place), native: place.native };
  const values = node.values.map((value) => {
    const variable = place.fn.unit.variable();
    return [variable, `const ${variable}=${expressionCode(value, place.names, place.fn)};`] as const;
  });
  let code = `{F.p=${node.at};${values.map(([, declaration]) => declaration).join('')}`;
  node.targets.forEach((target, i) => {
    code += declareTarget(target, inner) + assignCode(target, values[i]?.[0] ?? 'null', inner);
  });
  return `${code}${blockCode(node.body, inner)}}`;
}

function forCode(node: ForNode, place: Place): string {
  const { fn, names } = place;
  const items = `R.iterate(F,${node.items.at},${expressionCode(node.items, names, fn)})`;
  if (!node.isRecursive) {
    const list = fn.unit.variable();
    return `{const ${list}=${items};${loopCode(node, place, list, '0', 'undefined')}}`;
  }
  const [render, list, depth] = [fn.unit.variable(), fn.unit.variable(), fn.unit.variable()];
  const recurse = `(i,d,c)=>R.recurse(F,c,${render},i,d)`;
  const textPlace: Place = { ...place, native: false, exports: false };
  const body = loopCode(node, textPlace, list, depth, recurse);
  // The frame is a parameter so that a recursion has its own place on the stack of calls.
  const declared = `const ${render}=${fn.keyword}(F,${list},${depth}){${fn.unit.flavour === 'async' ? 'let t;' : ''}let o="";${body}return o;};`;
  return `{${declared}${printCode(fn.waiting(`R.recurse(F,F,${render},${items},0)`), place)}}`;
}

function loopCode(node: ForNode, place: Place, list: string, depth: string, recurse: string): string {
  const { fn } = place;
  const targets: Place = { ...innerPlace(place), native: place.native };
  const loop = fn.unit.variable();
  const usesLoop = node.isRecursive || usesName(node.body, 'loop');
  const targetDeclarations = declareTarget(node.target, targets);
  const test = node.test ? truthCode(node.test, targets.names, fn) : undefined;
  const ran = node.otherwise.length > 0 ? fn.unit.variable() : undefined;
  let code = ran ? `let ${ran}=false;` : '';
  let head: string;
  let current: string;
  let skip = '';
  if (usesLoop) {
    let source = list;
    if (test !== undefined) {
      const [kept, item] = [fn.unit.variable(), fn.unit.variable()];
      code += `const ${kept}=[];for(const ${item} of ${list}){${targetDeclarations}${assignCode(node.target, item, targets)}if(${test})${kept}.push(${item});}`;
      source = kept;
    }
    code += `const ${loop}=R.loop(F,${source},${depth},${recurse});`;
    head = `for(;${loop}.next();){`;
    current = `${loop}.item`;
  } else {
    const index = fn.unit.variable();
    head = `for(let ${index}=0;${index}<${list}.length;${index}++){`;
    current = `${list}[${index}]`;
    if (test !== undefined) skip = `if(!${test})continue;`;
  }
  code += `${head}F.step();${targetDeclarations}${assignCode(node.target, current, targets)}${skip}`;
  const body: Place = { ...targets, names: targets.names };
  if (usesLoop) body.names.declare('loop', loop);
  // Jinja notes that the loop ran only at the end of its body: after a `break` the `else` is rendered.
  const note = ran ? `${ran}=true;` : '';
  code += `${blockCode(node.body, body)}${note}${place.native ? '' : 'R.checkLength(o);'}}`;
  if (ran)
    code += `if(!${ran}){${blockCode(node.otherwise, { ...innerPlace(place), native: place.native })}}`;
  return code;
}

function macroValue(
  name: string,
  node: MacroNode | CallBlockNode,
  parameters: readonly ParameterNode[],
  body: readonly Statement[],
  place: Place,
): string {
  const special = specialNames(node);
  const shape = {
    name,
    parameters: parameters.map((p) => p.name),
    usesCaller: special.includes('caller'),
    usesKwargs: special.includes('kwargs'),
    usesVarargs: special.includes('varargs'),
  };
  const code = macroFunction(parameters, body, special, place.names, place.fn.unit);
  return `R.macro(${place.fn.unit.constant(shape)},F,${code})`;
}

function macroFunction(
  parameters: readonly ParameterNode[],
  body: readonly Statement[],
  special: readonly string[],
  outer: Names,
  unit: UnitCode,
): string {
  const fn = new FunctionCode(unit);
  const names = new Names(outer);
  const place: Place = { names, fn, native: false, exports: false };
  const all = [...parameters.map((p) => p.name), ...special];
  const variables = all.map((name) => {
    const variable = unit.variable();
    names.declare(name, variable);
    return variable;
  });
  let defaults = '';
  parameters.forEach((parameter, i) => {
    const variable = variables[i];
    const initial = parameter.initial
      ? expressionCode(parameter.initial, names, fn)
      : `R.notProvided(F,${JSON.stringify(parameter.name)})`;
    defaults += `if(${variable}===undefined)${variable}=${initial};`;
  });
  const inner = blockCode(body, place);
  const unpacked = variables.length > 0 ? `let [${variables.join(',')}]=A;` : '';
  return `${fn.keyword}(F,A){${fn.declarations()}let o="";${unpacked}${defaults}${inner}R.checkLength(o);return o;}`;
}

/** A block renders in place: it sees the scope and what the template's own level assigned. */
function blockTagCode(node: BlockNode, place: Place): string {
  const fn = new FunctionCode(place.fn.unit);
  const names = new Names(node.isScoped ? place.names : undefined);
  const inner = blockCode(node.body, { names, fn, native: false, exports: false });
  const name = JSON.stringify(`block ${node.name}`);
  const render = `${fn.keyword}(F){${fn.declarations()}let o="";${inner}return o;}`;
  return printCode(place.fn.waiting(`R.block(F,${name},X,${render})`), place);
}
