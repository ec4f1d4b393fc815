/** The project's own hooks: `on-run-start` and `on-run-end`, of every package. */
import type { Compilation, ManifestNode, Plain, Warehouse } from '../compiler/index.ts';
import { toValue, type Value } from '../jinja/index.ts';
import { failureOf, NodeTimer, type Outcome } from './node-result.ts';
import type { HookMoment, NodeResult } from './target.ts';
import type { WorkingDatabase } from './working-database.ts';

/** What hooks run on. */
export interface HooksInput {
  readonly compilation: Compilation;
  readonly warehouse: Warehouse;
  readonly work: WorkingDatabase;
  readonly nowMs: () => number;
}

/**
 * Runs the hooks of `moment` one by one, the project's own before those of its packages. Each is a
 * transaction of its own; those after one that fails are skipped.
 *
 * @param extra names its templates see besides: `results`, `schemas`, `database_schemas`.
 */
export async function runHooks(
  moment: HookMoment,
  extra: Plain,
  input: HooksInput,
): Promise<readonly NodeResult[]> {
  const { compilation, warehouse, work } = input;
  const names = new Map(Object.entries(extra).map(([key, value]): [string, Value] => [key, toValue(value)]));
  const results: NodeResult[] = [];
  for (const [index, hook] of hooksOf(compilation, moment).entries()) {
    const timer = new NodeTimer(input.nowMs);
    const name = `${hook.package_name}.${moment}.${index}`;
    if (results.some(({ status }) => status === 'error')) {
      results.push(told(timer, hook, { status: 'skipped', message: `${name} skipped`, failures: 1 }));
      continue;
    }
    const session = await work.session();
    try {
      const engine = { session, warehouse };
      const extras = { names, packageName: hook.package_name };
      const sql = await timer.time('compile', () =>
        compilation.renderIn(hook, hook.raw_code, engine, extras),
      );
      // dbt numbers the hooks that it runs, from 1.
      Object.assign(hook, { compiled: true, compiled_code: sql, index: index + 1 });
      compilation.touch();
      await timer.time('execute', () => session.execute(sql, { fetch: false }));
      await session.commit();
      const message = `${name} passed`;
      results.push(told(timer, hook, { status: 'success', message, failures: 0, executedSql: sql }));
    } catch (error) {
      const outcome = failureOf(error, hook.unique_id);
      const message = `${name} failed, error:\n ${outcome.message}`;
      results.push(told(timer, hook, { ...outcome, message, failures: 1 }));
    } finally {
      await session.release();
    }
  }
  return results;
}

/** A hook's result: dbt keeps nothing of what the engine answered. */
function told(timer: NodeTimer, hook: ManifestNode, outcome: Outcome): NodeResult {
  return { ...timer.result(hook.unique_id, hook, outcome), adapterResponse: {} };
}

/** dbt means to put the project's own hooks last, and puts them first. */
function hooksOf(compilation: Compilation, moment: HookMoment): readonly ManifestNode[] {
  const own = compilation.project.name;
  const order = (a: ManifestNode, b: ManifestNode): number => {
    if (a.package_name === b.package_name) return (a.index ?? 0) - (b.index ?? 0);
    if (a.package_name === own) return -1;
    return b.package_name === own || a.package_name > b.package_name ? 1 : -1;
  };
  return Object.values(compilation.manifest.nodes)
    .filter((node) => node.resource_type === 'operation' && node.tags.includes(moment))
    .sort(order);
}
