/** A target that also leaves behind what people look at: `target/compiled`, `target/run`, places of errors. */
import { dirname, join } from 'node:path';
import { BoathouseError } from '../base/index.ts';
import { type ManifestNode, type ManifestUnitTest, writeCompiled, writeRun } from '../compiler/index.ts';
import type { NodeRunner } from '../runner/index.ts';
import type { NodeResult, Target } from '../targets/index.ts';
import { unitTestName } from './node-facts.ts';
import { placeSqlError } from './place-sql-error.ts';
import type { ProjectSession } from './project-session.ts';
import { writingTo } from './target-folder.ts';

/** Runs nodes on `target`, writes their SQL, and moves errors to where the user wrote them. */
export function withArtifacts(session: ProjectSession, target: Target): NodeRunner {
  const { compilation, targetPath, settings } = session;
  const { root } = session.project;
  return {
    runNode: async (uniqueId, signal) => {
      const result = await target.runNode(uniqueId, signal);
      const node = compilation.manifest.nodes[uniqueId];
      const unitTest = compilation.manifest.unit_tests[uniqueId];
      if (unitTest !== undefined && settings.writeJson) {
        await writingTo(targetPath, () => writeUnitTest(unitTest, result, targetPath, root));
      }
      if (node === undefined) return result;
      if (settings.writeJson) {
        const { executedSql } = result;
        await writingTo(targetPath, async () => {
          if (node.compiled === true && !withoutFile.has(node.resource_type))
            await writeCompiled(node, targetPath, root);
          await writeEphemeralParents(session, node, root);
          if (executedSql !== null) await writeRun(node, executedSql, targetPath, root);
        });
      }
      const home = session.project.packages.find(({ name }) => name === node.package_name)?.root ?? root;
      return placed(result, node, root, home);
    },
  };
}

/** Resource types whose compiled SQL dbt keeps to itself. */
const withoutFile: ReadonlySet<string> = new Set(['seed', 'snapshot']);

/** Ephemeral models never run; their SQL is known when a child's is. */
async function writeEphemeralParents(
  session: ProjectSession,
  node: ManifestNode,
  root: string,
): Promise<void> {
  for (const { id } of node.extra_ctes ?? []) {
    const parent = session.compilation.manifest.nodes[id];
    if (parent?.compiled === true && parent.compiled_path == null)
      await writeCompiled(parent, session.targetPath, root);
  }
}

/** A unit test's SQL, below its property file as dbt puts it: the model over its fixtures, and the comparison. */
async function writeUnitTest(
  test: ManifestUnitTest,
  { compiledCode, executedSql }: NodeResult,
  targetPath: string,
  root: string,
): Promise<void> {
  const { package_name, original_file_path } = test;
  const path = join(dirname(original_file_path), `${unitTestName(test)}.sql`);
  const written = { package_name, original_file_path, path };
  if (compiledCode !== null)
    await writeCompiled({ ...written, compiled_code: compiledCode }, targetPath, root);
  if (executedSql !== null) await writeRun(written, executedSql, targetPath, root);
}

/** @param home the root of the node's package, which may be another than the project's. */
function placed(result: NodeResult, node: ManifestNode, root: string, home: string): NodeResult {
  const { error } = result;
  if (error?.location?.text === undefined || error.location.file !== '<sql>') return result;
  const location = placeSqlError(error.location, {
    sourceFile: join(home, node.original_file_path),
    source: node.raw_code,
    compiledFile: node.compiled_path ? join(root, node.compiled_path) : undefined,
    compiled: node.compiled_code ?? '',
  });
  return { ...result, error: moved(error, location) };
}

/** The same error at another place. */
export function moved(
  error: BoathouseError,
  location: NonNullable<BoathouseError['location']>,
): BoathouseError {
  const { message, sqlState, httpStatus, exitCode, retryable } = error;
  const kind = { message: () => message, sqlState, httpStatus, exitCode, retryable };
  const copy = new BoathouseError(error.code, kind, error.details, {
    location,
    cause: error.cause,
    hint: error.hint,
  });
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
