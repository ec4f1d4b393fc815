/** Walking the tree: the parts of an expression, the blocks of a statement. */
import type { Arguments, Expression, Statement } from './nodes.ts';

/** The expressions directly inside `expression`, in the order they are evaluated. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'constant':
    case 'name':
    case 'namespace-ref':
      return [];
    case 'attribute':
      return [expression.target];
    case 'item':
      return [expression.target, expression.index];
    case 'slice':
      return present(expression.start, expression.stop, expression.step);
    case 'call':
    case 'test':
      return [expression.target, ...argumentsOf(expression.arguments)];
    case 'filter':
      return [...present(expression.target), ...argumentsOf(expression.arguments)];
    case 'not':
    case 'negative':
    case 'positive':
      return [expression.operand];
    case 'binary':
    case 'and':
    case 'or':
      return [expression.left, expression.right];
    case 'comparison':
      return [expression.left, ...expression.rest.map((r) => r.right)];
    case 'concat':
      return expression.parts;
    case 'conditional':
      return present(expression.test, expression.yes, expression.no);
    case 'tuple':
    case 'list':
      return expression.items;
    case 'dict':
      return expression.pairs.flat();
  }
}

function argumentsOf({ args, kwargs, star, starStar }: Arguments): readonly Expression[] {
  return [...args, ...kwargs.map((k) => k.value), ...present(star, starStar)];
}

function present(...expressions: readonly (Expression | undefined)[]): readonly Expression[] {
  return expressions.filter((e) => e !== undefined);
}

/** The expressions a statement holds itself, not those of the statements in it. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case 'text':
    case 'break':
    case 'continue':
    case 'block':
      return [];
    case 'print':
    case 'do':
    case 'autoescape':
      return [statement.value];
    case 'set':
      return [statement.value, statement.target];
    case 'set-block':
      return present(statement.target, statement.filter);
    case 'with':
      return [...statement.values, ...statement.targets];
    case 'filter-block':
      return [statement.filter];
    case 'load':
      return [statement.template];
    case 'for':
      return present(statement.target, statement.items, statement.test);
    case 'if':
      return statement.branches.map((b) => b.test);
    case 'macro':
      return present(...statement.parameters.map((p) => p.initial));
    case 'call-block':
      return present(statement.call, ...statement.parameters.map((p) => p.initial));
  }
}

/** The lists of statements inside a statement. */
export function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'for':
      return [statement.body, statement.otherwise];
    case 'if':
      return [...statement.branches.map((b) => b.body), statement.otherwise];
    case 'set-block':
    case 'with':
    case 'filter-block':
    case 'autoescape':
    case 'macro':
    case 'call-block':
    case 'block':
      return [statement.body];
    default:
      return [];
  }
}

/** Whether `name` is read in `body`, at any depth, before an assignment to it hides it. */
export function usesName(body: readonly Statement[], name: string): boolean {
  const inExpression = (expression: Expression): boolean =>
    (expression.kind === 'name' && expression.name === name) || childrenOf(expression).some(inExpression);
  return body.some((statement) => {
    // The targets of assignments are names too, but not reads.
    const targets: readonly unknown[] =
      statement.kind === 'set' || statement.kind === 'set-block' || statement.kind === 'for'
        ? [statement.target]
        : statement.kind === 'with'
          ? statement.targets
          : [];
    return (
      expressionsOf(statement).some((e) => !targets.includes(e) && inExpression(e)) ||
      bodiesOf(statement).some((inner) => usesName(inner, name))
    );
  });
}
