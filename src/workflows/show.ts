/** `show`: the first rows of a model or of a query that isn't in the project yet. */

import { isCodeLanguage } from '../compiler/index.ts';
import { workflowErrors } from './errors.ts';
import { type Grid, gridOfWarehouse } from './grid.ts';
import { refuseWrites } from './only-reads.ts';
import type { RunOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { selectNamed } from './selection.ts';

/** What to show. */
export interface ShowOptions extends RunOptions {
  /** Jinja SQL to show instead of a node. */
  readonly inline?: string | undefined;
  /** SQL to show as it stands, in which nothing is Jinja. */
  readonly inlineDirect?: string | undefined;
  /** Rows at most; 5 unless given; -1: all of them. */
  readonly limit?: number | undefined;
}

/** The rows of one node or text. */
export interface Shown extends Grid {
  /** The node's name, or `inline`. */
  readonly name: string;
  readonly uniqueId: string | undefined;
  readonly code: string;
}

/**
 * The first rows of each selected model, test, snapshot or analysis (tests only where they are named
 * themselves), or of the inline text. Its SQL is
 * compiled and run as it is written now; nothing is changed in the target. A seed's rows are read where
 * it was built.
 *
 * @throws workflows.nothing-to-show, workflows.nothing-selected, workflows.not-a-query, compiler.*, and what the engine says of the SQL.
 */
export async function show(options: ShowOptions = {}): Promise<readonly Shown[]> {
  const isText = options.inline !== undefined || options.inlineDirect !== undefined;
  if (!isText && options.select === undefined && options.selector === undefined) {
    throw workflowErrors['nothing-to-show']({});
  }
  const session = await openProject('show', options);
  try {
    const selected = isText
      ? []
      : selectNamed(session, options, ['model', 'snapshot', 'seed', 'test', 'analysis']);
    if (!isText && selected.length === 0) {
      const what = `--select ${options.select?.join(' ') ?? options.selector ?? ''}`;
      throw workflowErrors['nothing-selected']({ what });
    }
    return await showAll(session, selected, options);
  } finally {
    session.close();
  }
}

async function showAll(
  session: ProjectSession,
  ids: readonly string[],
  options: ShowOptions,
): Promise<readonly Shown[]> {
  const { compilation } = session;
  const limit = options.limit ?? 5;
  const rowsMax = limit < 0 ? Number.MAX_SAFE_INTEGER : limit;
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare(ids);
    const connection = await target.session('show');
    const engine = { session: connection, warehouse: target.warehouse };
    const rowsOf = async (code: string): Promise<Grid> => {
      const more = limit < 0 ? {} : { limit: rowsMax + 1 };
      return gridOfWarehouse((await connection.execute(code, { fetch: true, ...more })).table, rowsMax);
    };
    const shown: Shown[] = [];
    const { inline, inlineDirect } = options;
    if (inline !== undefined || inlineDirect !== undefined) {
      const code = inlineDirect ?? (await compilation.compileInline(inline ?? '', engine));
      const ask = async (question: string): Promise<unknown> =>
        (await connection.execute(question, { fetch: true })).table.rows[0]?.[0];
      await refuseWrites(code, ask);
      shown.push({ name: 'inline', uniqueId: undefined, code, ...(await rowsOf(code)) });
    }
    for (const id of ids) {
      const node = compilation.manifest.nodes[id]!;
      const code =
        // A program is shown as it was built: running it is for a run.
        node.resource_type === 'seed' || isCodeLanguage(node.language)
          ? `select * from ${node.relation_name}`
          : (await compilation.compileNode(id, engine)).code;
      shown.push({ name: node.name, uniqueId: id, code, ...(await rowsOf(code)) });
    }
    await connection.release();
    return shown;
  } finally {
    await target.close();
  }
}
