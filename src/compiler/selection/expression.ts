/** A selection as a tree of sets: from `--select`, `--exclude` and selectors.yml. */
import { didYouMean, isBoathouseError } from '../../base/index.ts';
import type { IndirectSelection, Selector, SelectorDefinition } from '../../project/index.ts';
import { type Criterion, makeCriterion, parseCriterion } from './criterion.ts';
import { selectionErrors } from './errors.ts';

/** A selection. `indirect` says how tests are added when its sets are put together. */
export type Expression =
  | { readonly kind: 'criterion'; readonly criterion: Criterion; readonly indirect: IndirectSelection }
  | {
      readonly kind: 'union' | 'intersection';
      readonly members: readonly Expression[];
      readonly indirect: IndirectSelection;
      /** What the user wrote, where finding nothing deserves a warning. */
      readonly expected: string | undefined;
    }
  | { readonly kind: 'difference'; readonly from: Expression; readonly minus: Expression };

/** What turns texts and definitions into expressions. */
export interface ExpressionContext {
  readonly selectors: readonly Selector[];
  readonly indirect: IndirectSelection;
}

const everything = ['package:*'];

/**
 * `--select` less `--exclude`; without `select` everything.
 *
 * @throws compiler.bad-selector, compiler.unknown-selector
 */
export function parseSelection(
  select: readonly string[] | undefined,
  exclude: readonly string[] | undefined,
  context: ExpressionContext,
): Expression {
  const from = parseUnion(select ?? everything, select !== undefined, context);
  if (exclude === undefined || exclude.length === 0) return from;
  return { kind: 'difference', from, minus: parseUnion(exclude, true, context) };
}

/** Entries and spaces are unions, commas intersections. */
function parseUnion(entries: readonly string[], isExpected: boolean, context: ExpressionContext): Expression {
  const words = entries.flatMap((entry) => entry.split(/\s+/)).filter((word) => word !== '');
  const members = words.map((word): Expression => {
    const parts = word.split(',').map((part) => parseWord(part, word, context));
    return {
      kind: 'intersection',
      members: parts,
      indirect: context.indirect,
      expected: isExpected ? word : undefined,
    };
  });
  return { kind: 'union', members, indirect: context.indirect, expected: undefined };
}

function parseWord(part: string, word: string, context: ExpressionContext): Expression {
  if (part === '') {
    throw selectionErrors['bad-selector']({ selector: word, problem: 'there is nothing between two commas' });
  }
  if (part.startsWith('selector:')) return selectorExpression(part.slice('selector:'.length), context);
  return { kind: 'criterion', criterion: parseCriterion(part), indirect: context.indirect };
}

/**
 * The selector `name` of selectors.yml.
 *
 * @throws compiler.unknown-selector, compiler.bad-selector at its place in the file
 */
export function selectorExpression(name: string, context: ExpressionContext): Expression {
  const selector = context.selectors.find((one) => one.name === name);
  if (selector) return definitionExpression(selector.definition, context);
  const names = context.selectors.map((one) => one.name);
  throw selectionErrors['unknown-selector'](
    { name },
    { hint: didYouMean(name, names) ?? (names.length > 0 ? `It has: ${names.join(', ')}.` : undefined) },
  );
}

function definitionExpression(definition: SelectorDefinition, context: ExpressionContext): Expression {
  switch (definition.kind) {
    case 'text':
      return located(definition, () => ({
        kind: 'criterion',
        criterion: parseCriterion(definition.text),
        indirect: context.indirect,
      }));
    case 'inherit':
      return selectorExpression(definition.name, context);
    case 'criterion': {
      const one = located(
        definition,
        (): Expression => ({
          kind: 'criterion',
          criterion: makeCriterion({
            ...definition,
            raw: `${definition.method}:${String(definition.value)}`,
          }),
          indirect: definition.indirectSelection ?? context.indirect,
        }),
      );
      return without(one, definition.exclude, context);
    }
    case 'union':
    case 'intersection': {
      const members = definition.members.map((member) => definitionExpression(member, context));
      return without(
        { kind: definition.kind, members, indirect: 'eager', expected: undefined },
        definition.exclude,
        context,
      );
    }
  }
}

function without(
  from: Expression,
  exclude: readonly SelectorDefinition[],
  context: ExpressionContext,
): Expression {
  if (exclude.length === 0) return from;
  const members = exclude.map((one) => definitionExpression(one, context));
  const [first] = members;
  const minus: Expression =
    members.length === 1 && first !== undefined
      ? first
      : { kind: 'union', members, indirect: 'eager', expected: undefined };
  return { kind: 'difference', from, minus };
}

function located(definition: SelectorDefinition, make: () => Expression): Expression {
  try {
    return make();
  } catch (error) {
    throw isBoathouseError(error) ? error.at(definition.location) : error;
  }
}
