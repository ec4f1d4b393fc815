/** Opening the target that the project's profile names. */
import type { Compilation } from '../compiler/index.ts';
import { workPlace } from './engine-options.ts';
import { LakehouseTarget } from './lakehouse.ts';
import type { Target, TargetOptions } from './target.ts';

/**
 * The lakehouse of the profile's target. Nothing is opened yet: `prepare` or `session` does that.
 *
 * @throws targets.unsupported-path for a path that isn't a file or `:memory:`.
 */
export async function openTarget(compilation: Compilation, options: TargetOptions = {}): Promise<Target> {
  const { file } = workPlace(compilation.project.profile);
  return new LakehouseTarget(compilation, file, options);
}
