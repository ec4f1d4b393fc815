/** The project's own hooks: `on-run-start` and `on-run-end`, of every package. */
import type { Compilation, ManifestNode, Plain, Warehouse } from '../compiler/index.ts';
import { toValue, type Value } from '../jinja/index.ts';
import { failureOf, NodeTimer } from './node-result.ts';
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
 * Runs the hooks of `moment` one by one, those of packages before the project's own, and stops at the
 * first that fails. Each is a transaction of its own.
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
  for (const hook of hooksOf(compilation, moment)) {
    const timer = new NodeTimer(input.nowMs);
    const session = await work.session();
    try {
      const engine = { session, warehouse };
      const extras = { names, packageName: hook.package_name };
      const sql = await timer.time('compile', () =>
        compilation.renderIn(hook, hook.raw_code, engine, extras),
      );
      const { response } = await timer.time('execute', () => session.execute(sql, { fetch: false }));
      await session.commit();
      results.push(
        timer.result(hook.unique_id, hook, {
          status: 'success',
          message: 'OK',
          rowsAffected: response.rowsAffected,
          executedSql: sql,
        }),
      );
    } catch (error) {
      results.push(timer.result(hook.unique_id, hook, failureOf(error, hook.unique_id)));
      return results;
    } finally {
      await session.release();
    }
  }
  return results;
}

function hooksOf(compilation: Compilation, moment: HookMoment): readonly ManifestNode[] {
  const order = (node: ManifestNode): number => {
    const { packages } = compilation.project;
    const index = packages.findIndex(({ name }) => name === node.package_name);
    // The project itself is the first of the packages, and comes last.
    return index <= 0 ? packages.length : index;
  };
  return Object.values(compilation.manifest.nodes)
    .filter((node) => node.resource_type === 'operation' && node.tags.includes(moment))
    .sort((a, b) => order(a) - order(b) || (a.index ?? 0) - (b.index ?? 0));
}
