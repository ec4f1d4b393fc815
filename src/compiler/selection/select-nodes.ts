/** From what the command line and selectors.yml say to a set of unique ids. */
import { BugError } from '../../base/index.ts';
import type { IndirectSelection, ProjectWarning, Selector } from '../../project/index.ts';
import type { Manifest, ResourceType } from '../manifest.ts';

/** What to select. Without `select` and `selector`: everything, less `exclude`. */
export interface SelectionSpec {
  /** `--select`: criteria with spaces or in several entries are a union, with commas an intersection. */
  readonly select?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** `--selector`: a selector of selectors.yml by name; `select` and `exclude` are then not looked at. */
  readonly selector?: string | undefined;
  /** From selectors.yml. Its default selector counts when neither `select`, `exclude` nor `selector` is given. */
  readonly selectors?: readonly Selector[] | undefined;
  /** Eager unless given. */
  readonly indirectSelection?: IndirectSelection | undefined;
  /** Only resources of these types are in the result. */
  readonly resourceTypes?: readonly ResourceType[] | undefined;
  readonly excludeResourceTypes?: readonly ResourceType[] | undefined;
  /** For `package:this`; the manifest's metadata unless given. */
  readonly projectName?: string | undefined;
}

/** What was selected, and what a person should be told about it. */
export interface SelectionResult {
  /** In the manifest's order. */
  readonly ids: ReadonlySet<string>;
  /** A criterion that matches nothing, with the nearest name. */
  readonly warnings: readonly ProjectWarning[];
}

/**
 * The unique ids that `spec` selects, in the manifest's order. Pure.
 *
 * @throws compiler.bad-selector for a criterion, method or selector that can't be understood.
 */
export function selectNodes(manifest: Manifest, spec: SelectionSpec): Set<string> {
  return new Set(planSelection(manifest, spec).ids);
}

/**
 * What `spec` selects, with what a person should be told about it. Pure.
 *
 * @throws compiler.bad-selector for a criterion, method or selector that can't be understood.
 */
export function planSelection(_manifest: Manifest, _spec: SelectionSpec): SelectionResult {
  throw new BugError('selection lands with the next commit');
}
