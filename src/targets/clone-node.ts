/**
 * `clone`: a node's relation made from its counterpart in another environment, without computing anything.
 *
 * A Delta table becomes a shallow clone, which can be written to at once. Everything else becomes a view over the
 * counterpart, as dbt does on DuckDB; a copy, where that is in another database: readers of what is published here
 * haven't got it.
 */
import type { DeferRelation, ManifestNode } from '../compiler/index.ts';
import { cloneTable, TableHandle } from '../tables/index.ts';
import { deltaLocationOf } from './locations.ts';
import { isDelta } from './node-config.ts';
import type { Outcome } from './node-result.ts';
import { perform } from './perform.ts';
import type { PlanStep } from './plan.ts';
import { planNode } from './plan-node.ts';
import { printName } from './relation-sql.ts';
import { factsOf, type NodeRun, targetOf } from './run-node.ts';

/** Makes the node's relation, unless it is there and no full refresh is asked for. @throws whatever goes wrong */
export async function cloneNode(run: NodeRun, from: DeferRelation | undefined): Promise<Outcome> {
  const { node, session, compilation } = run;
  const say = (text: string): void => compilation.invocation.say?.(text, 'info');
  if (from === undefined) {
    say(`No relation found in state manifest for ${node.unique_id}`);
    return { status: 'success', message: 'No-op' };
  }
  const target = targetOf(node);
  const existing = await session.existing(target);
  if (existing !== undefined && !compilation.invocation.fullRefresh) {
    say(`Relation ${printName(target)} already exists`);
    return { status: 'success', message: 'No-op' };
  }
  const other = { database: from.database, schema: from.schema, identifier: from.alias };
  const facts = run.work.factsOf(other);
  const steps =
    facts?.catalogKind === 'delta' && facts.location !== null && isDelta(node)
      ? await cloneDelta(run, facts.location)
      : planNode({
          ...(await factsOf(
            { ...run, node: asModel(run, from.database) },
            `select * from ${printName(other)}`,
          )),
          fullRefresh: true,
        });
  return { status: 'success', ...(await perform(steps, run)) };
}

/** The node as a model that does nothing but read. */
function asModel({ node }: NodeRun, database: string): ManifestNode {
  const isHere = database.toLowerCase() === node.database.toLowerCase();
  const materialized = isHere ? 'view' : 'table';
  const config = { ...node.config, materialized, 'pre-hook': [], 'post-hook': [], sql_header: null };
  return { ...node, resource_type: 'model', config };
}

async function cloneDelta(
  { compilation, node, engine, work }: NodeRun,
  from: string,
): Promise<readonly PlanStep[]> {
  const location = await deltaLocationOf(compilation, node, engine);
  const source = await TableHandle.open(from, { storageOptions: work.access.optionsFor(from) });
  await cloneTable(source, work.delta.resolve(location), {
    replace: true,
    storageOptions: work.access.optionsFor(location),
  });
  work.delta.forget(location);
  return [{ kind: 'pin-delta', relation: targetOf(node), location }];
}
