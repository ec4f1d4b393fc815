/** `run-operation`: calls one macro, with its own connection. */
import { BoathouseError, BugError, nearest, printJson, systemClock } from '../base/index.ts';
import type { MacroNode } from '../compiler/index.ts';
import { skippedResult } from '../runner/index.ts';
import { workflowErrors } from './errors.ts';
import type { ProjectOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { writeRunArtifacts } from './run-artifacts.ts';

/** Which macro, with what. */
export interface RunOperationOptions extends ProjectOptions {
  /** `name`, or `package.name`. */
  readonly macro: string;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
}

/** What the macro printed went to `emit`. */
export interface RunOperationResult {
  readonly elapsedMs: number;
}

/**
 * Calls the macro with `execute` true. What it changes through `run_query` and `statement` is kept, as
 * far as it commits; relations it makes are published.
 *
 * @throws workflows.macro-missing, workflows.bad-arguments, and whatever the macro raises.
 */
export async function runOperation(options: RunOperationOptions): Promise<RunOperationResult> {
  const session = await openProject('run-operation', options);
  try {
    const { compilation } = session;
    const macro = compilation.findMacro(options.macro);
    if (macro === undefined) {
      const names = Object.values(compilation.manifest.macros).map((macro) => macro.name);
      const name = options.macro;
      throw workflowErrors['macro-missing']({ name, near: nearest(name, names) });
    }
    const failure = await call(session, macro, options);
    const elapsedMs = systemClock.nowMs() - session.startedAtMs;
    if (session.settings.writeJson) {
      const failed = failure !== undefined;
      const done = {
        ...skippedResult(macro.uniqueId, ''),
        status: failed ? ('error' as const) : ('success' as const),
        failures: failed ? 1 : 0,
        executionTimeMs: elapsedMs,
      };
      await writeRunArtifacts(session, [done], new Map(), elapsedMs);
    }
    if (failure !== undefined) throw failure.error;
    return { elapsedMs };
  } finally {
    session.close();
  }
}

/**
 * Calls the macro on a connection of its own, as its package means names.
 *
 * @returns what it raised, if it did.
 */
async function call(
  session: ProjectSession,
  macro: MacroNode,
  options: RunOperationOptions,
): Promise<{ readonly error: BoathouseError } | undefined> {
  const target = await session.openTarget({ writes: true });
  try {
    await target.prepare([]);
    const connection = await target.session(`macro_${options.macro}`);
    const engine = { session: connection, warehouse: target.warehouse };
    // Only a macro that is asked for by its package sees that package's macros first.
    const home = options.macro.includes('.') ? { packageName: macro.packageName } : {};
    const extras = { file: 'run-operation', ...home };
    await session.compilation.renderIn(undefined, callOf(options), engine, extras);
    await connection.commit();
    await connection.release();
    await target.publish();
    return undefined;
  } catch (error) {
    if (error instanceof BoathouseError && !(error instanceof BugError)) return { error };
    throw error;
  } finally {
    await target.close();
  }
}

/** The call as a template. JSON is an expression of Jinja too, but for `null`. @throws workflows.bad-arguments */
function callOf({ macro, args }: RunOperationOptions): string {
  const given = Object.entries(args ?? {}).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw workflowErrors['bad-arguments']({ problem: `'${name}' can't be the name of an argument` });
    }
    return `${name}=${literal(value)}`;
  });
  return `{%- do ${macro}(${given.join(', ')}) -%}`;
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}: ${literal(member)}`)
      .join(', ')}}`;
  }
  return printJson(value);
}
