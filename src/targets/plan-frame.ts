/** What surrounds every node's own steps: hooks, the transaction, comments, indexes. */
import { createHash } from 'node:crypto';
import type { Hook, ManifestNode, RelationName } from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';
import { badConfig, isMapping } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { printName } from './relation-sql.ts';

/**
 * `steps` with the node's hooks around them, in dbt's order: hooks outside the transaction, its begin,
 * hooks inside, the work, hooks inside, its end, hooks outside. Pure.
 *
 * @param late steps after the last hook inside, still in the transaction: what others see on disk.
 * @param hooks which of them belong to these steps, where a node has several transactions.
 */
export function frame(
  node: ManifestNode,
  steps: readonly PlanStep[],
  late: readonly PlanStep[] = [],
  hooks: { readonly pre: boolean; readonly post: boolean } = { pre: true, post: true },
): readonly PlanStep[] {
  const pre = hooks.pre ? hookSteps('pre', node.config['pre-hook']) : [];
  const post = hooks.post ? hookSteps('post', node.config['post-hook']) : [];
  const inside = [...pre.filter(isInside), ...steps, ...post.filter(isInside), ...late];
  // One statement is a transaction of its own.
  const statements = inside.filter((step) => step.kind !== 'made' && step.kind !== 'stage-external');
  const needed = statements.length > 1 || statements.some(({ kind }) => kind === 'seed-by-macros');
  return [
    ...pre.filter((step) => !isInside(step)),
    ...(needed ? [{ kind: 'begin' } as const] : []),
    ...inside,
    ...(needed ? [{ kind: 'commit' } as const] : []),
    ...post.filter((step) => !isInside(step)),
  ];
}

/**
 * The hooks before a program, which run before it does: those inside a transaction in one of their own, because
 * the program's is the plan's. Pure.
 */
export function preHookSteps(node: ManifestNode): readonly PlanStep[] {
  const pre = hookSteps('pre', node.config['pre-hook']);
  const inside = pre.filter(isInside);
  const outside = pre.filter((step) => !isInside(step));
  return inside.length === 0 ? outside : [...outside, { kind: 'begin' }, ...inside, { kind: 'commit' }];
}

/** The statements of `persist_docs`: comments on the relation and on the columns that it has. Pure. */
export function documentSteps(
  node: ManifestNode,
  relation: RelationName,
  kind: 'table' | 'view',
): readonly PlanStep[] {
  const wanted = node.config.persist_docs;
  const name = printName(relation);
  const steps: PlanStep[] = [];
  if (wanted?.['relation'] === true && node.description !== '') {
    steps.push({ kind: 'sql', sql: `comment on ${kind} ${name} is ${quoteLiteral(node.description)}` });
  }
  if (wanted?.['columns'] !== true) return steps;
  for (const { name: column, description } of Object.values(node.columns)) {
    // dbt says something of every column that is described at all, if only that nothing is said.
    steps.push({ kind: 'describe-column', relation, column, text: description });
  }
  return steps;
}

/** The statements of `indexes`. An index has the same name in every run. Pure. @throws targets.bad-config */
export function indexSteps(node: ManifestNode, relation: RelationName): readonly PlanStep[] {
  const indexes = node.config['indexes'];
  if (indexes === undefined || indexes === null) return [];
  if (!Array.isArray(indexes)) throw badConfig(node, 'indexes', 'must be a list');
  return indexes.map((index: unknown) => {
    const columns = isMapping(index) ? index['columns'] : undefined;
    if (!Array.isArray(columns) || columns.length === 0) {
      throw badConfig(node, 'indexes', 'needs columns in every entry');
    }
    const unique = isMapping(index) && index['unique'] === true ? 'unique ' : '';
    const list = columns.map((column) => String(column)).join(', ');
    const digest = createHash('md5')
      .update(`${printName(relation)} ${unique}${list}`)
      .digest('hex');
    return {
      kind: 'sql',
      sql: `create ${unique}index ${quoteIdentifier(`idx_${digest}`)} on ${printName(relation)} (${list})`,
    } as const;
  });
}

/** SQL that can stand between brackets: without the semicolons some end a model with. */
export function subquery(code: string): string {
  return `(\n${code.replace(/(?:\s|;)+$/, '')}\n)`;
}

function hookSteps(
  moment: 'pre' | 'post',
  hooks: readonly Hook[] | undefined,
): (PlanStep & { kind: 'hook' })[] {
  return (hooks ?? []).map((hook, index) => ({
    kind: 'hook',
    moment,
    index,
    sql: hook.sql,
    transaction: hook.transaction !== false,
  }));
}

function isInside(step: PlanStep & { kind: 'hook' }): boolean {
  return step.transaction;
}
