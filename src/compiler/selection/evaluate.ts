/**
 * Evaluating a selection over the graph.
 *
 * Every part of a selection gives two sets: what it selects, and the tests it would select if their
 * other parents were selected, too. Sets are put together pairwise, and tests whose parents have all
 * come together are then added: that is what makes `cautious` and `buildable` work across unions.
 */
import type { IndirectSelection } from '../../project/index.ts';
import type { Criterion } from './criterion.ts';
import type { Expression } from './expression.ts';
import { findMembers, type MethodContext } from './methods.ts';
import { reach, type Universe } from './universe.ts';

/** What a part of a selection finds. */
export interface Found {
  readonly direct: ReadonlySet<string>;
  /** Tests that wait for more of their parents. */
  readonly waiting: ReadonlySet<string>;
}

/**
 * What `expression` selects.
 *
 * @param onNothing called with what the user wrote, and the criteria in it, when that selects nothing.
 * @throws compiler.bad-selector, compiler.no-state
 */
export function evaluate(
  expression: Expression,
  context: MethodContext,
  onNothing: (written: string, criteria: readonly Criterion[]) => void,
): Found {
  switch (expression.kind) {
    case 'criterion':
      return withTests(withNeighbours(expression.criterion, context), expression.indirect, context.universe);
    case 'difference': {
      const from = evaluate(expression.from, context, onNothing);
      const minus = evaluate(expression.minus, context, onNothing);
      const all = difference(union(from.direct, from.waiting), union(minus.direct, minus.waiting));
      return { direct: difference(from.direct, minus.direct), waiting: all };
    }
    case 'union':
    case 'intersection': {
      const parts = expression.members.map((member) => evaluate(member, context, onNothing));
      const combine = expression.kind === 'union' ? unionAll : intersectAll;
      const waiting = combine(parts.map((part) => union(part.direct, part.waiting)));
      const direct = addCompleted(
        combine(parts.map((part) => part.direct)),
        waiting,
        expression.indirect,
        context.universe,
      );
      if (expression.expected !== undefined && direct.size === 0) {
        onNothing(expression.expected, criteriaOf(expression));
      }
      return { direct, waiting };
    }
  }
}

function criteriaOf(expression: Expression): readonly Criterion[] {
  switch (expression.kind) {
    case 'criterion':
      return [expression.criterion];
    case 'difference':
      return criteriaOf(expression.from);
    case 'union':
    case 'intersection':
      return expression.members.flatMap(criteriaOf);
  }
}

/** What the criterion finds, and what its `+` and `@` add. */
function withNeighbours(criterion: Criterion, context: MethodContext): Set<string> {
  const { parents, children } = context.universe;
  const found = findMembers(criterion, context);
  const selected = new Set(found);
  if (criterion.childrensParents) {
    const below = union(found, reach(children, found));
    addAll(selected, below);
    addAll(selected, reach(parents, below));
  }
  if (criterion.parents) addAll(selected, reach(parents, found, criterion.parentsDepth));
  if (criterion.children) addAll(selected, reach(children, found, criterion.childrenDepth));
  return selected;
}

/** Adds the tests that hang on what is selected, or lets them wait. */
function withTests(selected: ReadonlySet<string>, mode: IndirectSelection, universe: Universe): Found {
  if (mode === 'empty') return { direct: selected, waiting: new Set() };
  const direct = new Set(selected);
  const waiting = new Set<string>();
  const reachable = mode === 'buildable' ? buildableFrom(selected, universe, true) : selected;
  for (const id of selected) {
    for (const child of universe.children.get(id) ?? []) {
      if (!isTest(child, universe)) continue;
      if (mode === 'eager' || parentsWithin(child, reachable, universe)) direct.add(child);
      else waiting.add(child);
    }
  }
  return { direct, waiting };
}

/** The tests of `waiting` whose parents have all been selected, added to `direct`. */
function addCompleted(
  direct: ReadonlySet<string>,
  waiting: ReadonlySet<string>,
  mode: IndirectSelection,
  universe: Universe,
): ReadonlySet<string> {
  if (mode === 'eager' || mode === 'empty') return direct;
  const reachable = mode === 'buildable' ? buildableFrom(direct, universe, false) : direct;
  const selected = new Set(direct);
  for (const id of waiting) {
    if (universe.members.get(id)?.type !== 'unit_test' && parentsWithin(id, reachable, universe))
      selected.add(id);
  }
  return selected;
}

/** What is selected and everything above it: data that is there when the selection runs. */
function buildableFrom(selected: ReadonlySet<string>, universe: Universe, withSources: boolean): Set<string> {
  const reachable = union(selected, reach(universe.parents, selected));
  if (withSources) {
    for (const member of universe.members.values()) if (member.type === 'source') reachable.add(member.id);
  }
  return reachable;
}

function isTest(id: string, universe: Universe): boolean {
  const type = universe.members.get(id)?.type;
  return type === 'test' || type === 'unit_test';
}

function parentsWithin(id: string, within: ReadonlySet<string>, universe: Universe): boolean {
  return (universe.members.get(id)?.parents ?? []).every((parent) => within.has(parent));
}

function addAll(target: Set<string>, more: Iterable<string>): void {
  for (const id of more) target.add(id);
}

function union(a: Iterable<string>, b: Iterable<string>): Set<string> {
  const both = new Set(a);
  addAll(both, b);
  return both;
}

function difference(a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> {
  return new Set([...a].filter((id) => !b.has(id)));
}

function unionAll(sets: readonly ReadonlySet<string>[]): Set<string> {
  const all = new Set<string>();
  for (const one of sets) addAll(all, one);
  return all;
}

function intersectAll(sets: readonly ReadonlySet<string>[]): Set<string> {
  const [first, ...rest] = sets;
  return new Set([...(first ?? [])].filter((id) => rest.every((one) => one.has(id))));
}
