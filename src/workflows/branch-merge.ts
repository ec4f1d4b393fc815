/**
 * `branch merge`: what a branch changed becomes one generation of the branch that it began on.
 *
 * Relations that both sides changed since are refused by name, before anything is done. Then each Delta table gets
 * one commit, which readers of the catalog don't see yet; then one generation shows them all. A merge that was cut off
 * is finished by the next one: what it did is known by its tag, and is not done again.
 */
import { systemRandom } from '../base/index.ts';
import {
  acquireLease,
  type BranchHead,
  branchLocation,
  type CatalogRelation,
  differences,
  type Generation,
  isOnBranch,
  isSame,
  nameIn,
  originalLocation,
  type RelationDifference,
  readHead,
  relationKey,
  replaceHead,
  requireHead,
} from '../catalog/index.ts';
import { openStorage } from '../storage/index.ts';
import {
  cloneTable,
  isMergeFollowed,
  mergeBranchTable,
  onlyMergedSince,
  openDeltaRelation,
  restoreTable,
  TableHandle,
} from '../tables/index.ts';
import { workflowErrors } from './errors.ts';
import {
  generationOf,
  type Lake,
  type LakeOptions,
  onBranchOf,
  openLake,
  ownRelations,
  rootOf,
} from './lake.ts';
import { mergedExternal } from './merge-external.ts';
import { mergeTablesInside } from './merge-inside.ts';
import { publishState, waitOf } from './publish-state.ts';
import { holdsTheSame } from './restore-relation.ts';

/** Which branch is merged. */
export interface MergeBranchOptions extends LakeOptions {
  readonly name: string;
  readonly message?: string | undefined;
  /** Only say what would be merged. */
  readonly dryRun?: boolean | undefined;
  /** Told before each step that others can see. Must not throw, but in tests. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** What was merged. */
export interface MergedBranch {
  readonly name: string;
  /** `main`, or the branch that it began on. */
  readonly into: string;
  /** The new generation there; null when there was nothing to merge, or under `dryRun`. */
  readonly generation: number | null;
  readonly changed: readonly string[];
}

/** @throws workflows.merge-conflict naming what both sides changed; catalog.no-branch, tables.*, delta.* */
export async function mergeBranch(options: MergeBranchOptions): Promise<MergedBranch> {
  const { name } = options;
  const { branch: _, ...rest } = options;
  const main = await onBranchOf(await openLake(rest), undefined);
  const root = openStorage(rootOf(main), main.storageOptions);
  const { from } = await requireHead(root, name);
  const into = await onBranchOf(main, from.branch ?? undefined);
  const wait = waitOf(options);
  const lease = await acquireLease(into.log.storage, 'merge', {
    purpose: `boathouse branch merge ${name}`,
    timeoutMs: wait.lockTimeoutMs,
    ...(wait.signal === undefined ? {} : { signal: wait.signal }),
  });
  try {
    const head = await requireHead(root, name);
    const own = await onBranchOf(main, name);
    const merge = new Merge(head, own, into, await generationOf(own, undefined), options);
    const changed = merge.changed.map((one) => nameIn(one.after ?? one.before ?? never, own.database));
    const result = { name, into: into.branch ?? 'main', generation: null, changed };
    await merge.check(await generationOf(into, undefined));
    if (options.dryRun === true || changed.length === 0) return result;
    const generation = await merge.run();
    options.onStep?.('entry');
    // One that was deleted meanwhile stays so.
    const now = await readHead(root, name);
    if (now !== undefined && now.deletedAtMs === undefined)
      await replaceHead(root, merge.headAfter(generation));
    return { ...result, generation: generation.number };
  } finally {
    await lease.release();
  }
}

const never = { database: '', schema: '', name: '' };

class Merge {
  readonly changed: readonly RelationDifference[];
  readonly #head: BranchHead;
  readonly #own: Lake;
  readonly #into: Lake;
  readonly #generation: Generation;
  readonly #options: MergeBranchOptions;
  /** The relations of the branch as the other one will show them. */
  readonly #merged = new Map<string, CatalogRelation>();

  constructor(head: BranchHead, own: Lake, into: Lake, generation: Generation, options: MergeBranchOptions) {
    this.#head = head;
    this.#own = own;
    this.#into = into;
    this.#generation = generation;
    this.#options = options;
    this.changed = differences(head.own, ownRelations(own, generation)).filter(
      ({ after }) => after === undefined || !this.#isOthers(after),
    );
  }

  /** What a source shows was landed by somebody, and isn't the branch's to merge. */
  #isOthers({ uniqueId, location }: CatalogRelation): boolean {
    return (
      uniqueId?.startsWith('source.') === true && (location === null || !isOnBranch(this.#place, location))
    );
  }

  get #place(): { readonly name: string; readonly root: string } {
    return { name: this.#head.name, root: rootOf(this.#own) };
  }

  /** The same for every attempt to merge this branch, and for no other branch. */
  get #tag(): string {
    return `merge-${this.#head.name}-${this.#head.createdAtMs}`;
  }

  /** @throws workflows.merge-conflict unless everything that the branch changed is on the other side as it was */
  async check(newest: Generation): Promise<void> {
    const base = byKey(this.#head.base);
    const theirs = byKey(ownRelations(this.#into, newest));
    const conflicts: CatalogRelation[] = [];
    for (const { before, after } of this.changed) {
      const relation = after ?? before;
      if (relation === undefined) continue;
      const key = relationKey(relation);
      const their = theirs.get(key);
      const isOurs = their?.runId.startsWith(this.#tag) === true;
      const isFree = isSame(base.get(key), their) || isOurs || isSame(after, their);
      if (!isFree && (await this.#isFollowed(after, base.get(key), their))) continue;
      if (!isFree || !(await this.#isTableFree(after, base.get(key) ?? their))) conflicts.push(relation);
    }
    if (conflicts.length > 0) throw this.#conflict(conflicts);
  }

  /**
   * Whether the other side shows what this very state of the branch was merged as, and what a writer did on top of it
   * before the merge was published: he came after it.
   */
  async #isFollowed(
    after: CatalogRelation | undefined,
    base: CatalogRelation | undefined,
    their: CatalogRelation | undefined,
  ): Promise<boolean> {
    if (after?.kind !== 'delta' || after.deltaVersion === null || their?.kind !== 'delta') return false;
    const { location, deltaVersion } = their;
    if (location === null || deltaVersion === null || base?.kind !== 'delta') return false;
    if (!isSamePlace(base.location, location)) return false;
    if (base.deltaVersion === null || deltaVersion <= base.deltaVersion) return false;
    const storage = openStorage(location, this.#own.access.optionsFor(location));
    const range = { from: base.deltaVersion, to: deltaVersion };
    return await isMergeFollowed(storage, range, this.#tag, after.deltaVersion);
  }

  #conflict(relations: readonly CatalogRelation[]): Error {
    return workflowErrors['merge-conflict']({
      branch: this.#head.name,
      into: this.#into.branch ?? 'main',
      tables: relations.map((relation) => nameIn(relation, this.#own.database)),
    });
  }

  /** Whether the table is as the catalog of the other side shows it, whatever merges of ours were cut off. */
  async #isTableFree(
    after: CatalogRelation | undefined,
    their: CatalogRelation | undefined,
  ): Promise<boolean> {
    if (after?.kind !== 'delta' || after.location === null || !isOnBranch(this.#place, after.location))
      return true;
    const table = await this.#target(after, their);
    const handle = await openIfThere(table, this.#own);
    if (handle === undefined) return true;
    return await this.#isFree(handle, their);
  }

  async #isFree(handle: TableHandle, their: CatalogRelation | undefined): Promise<boolean> {
    const { snapshot, storage } = handle;
    const version = their?.location != null && sameTable(their.location, handle) ? their.deltaVersion : null;
    if (version === null) {
      // A table of a place that nothing shows: only a merge of ours can have begun it, as a clone.
      const start = `${openStorage(rootOf(this.#own)).uri}/_boathouse/branches/${this.#head.name}/`;
      const plainStart = start.replace(/^file:\/\//, '');
      const isClone = [...snapshot.files.values()].every(({ path }) => path.includes(plainStart));
      return isClone || (await onlyMergedSince(storage, 0, snapshot.version, this.#tag));
    }
    if (await onlyMergedSince(storage, version, snapshot.version, this.#tag)) return true;
    const { storageOptions } = handle;
    const base = await TableHandle.open(handle.uri, { version, storageOptions });
    return holdsTheSame(snapshot, base.snapshot);
  }

  /** Where the table is on the other side, or will be. */
  async #target(after: CatalogRelation, their: CatalogRelation | undefined): Promise<string> {
    const original = originalLocation(rootOf(this.#own), after.location ?? '');
    const { branch } = this.#into;
    if (branch !== undefined) return branchLocation({ name: branch, root: rootOf(this.#into) }, original);
    return their?.kind === 'delta' && their.location !== null ? their.location : original;
  }

  /** Commits to each table, then publishes. */
  async run(): Promise<Generation> {
    const touched: { readonly table: string; readonly before: number }[] = [];
    const theirs = byKey(ownRelations(this.#into, await generationOf(this.#into, undefined)));
    const base = byKey(this.#head.base);
    try {
      for (const { after } of this.changed) {
        if (after === undefined) continue;
        this.#options.onStep?.(after.name);
        const key = relationKey(after);
        const their = theirs.get(key);
        if (their !== undefined && (await this.#isFollowed(after, base.get(key), their))) {
          this.#merged.set(key, their);
          continue;
        }
        const relation =
          after.kind === 'delta' && after.location !== null && isOnBranch(this.#place, after.location)
            ? await this.#mergeTable(after, their, touched)
            : after.kind === 'external'
              ? await mergedExternal(after, this.#own, this.#into)
              : after;
        this.#merged.set(relationKey(after), {
          ...relation,
          runId: `${this.#tag}-${this.#generation.number}`,
        });
      }
      this.#options.onStep?.('generation');
      return await this.#publish();
    } catch (error) {
      // The other side moved on after all: what no generation shows yet is taken back.
      const isConflict =
        error instanceof Error && 'code' in error && error.code === 'workflows.merge-conflict';
      if (isConflict) for (const one of touched) await this.#undo(one);
      throw error;
    }
  }

  async #mergeTable(
    after: CatalogRelation,
    their: CatalogRelation | undefined,
    touched: { readonly table: string; readonly before: number }[],
  ): Promise<CatalogRelation> {
    const { access } = this.#own;
    const table = await this.#target(after, their);
    const storageOptions = access.optionsFor(table);
    const from = await TableHandle.open(after.location ?? '', {
      storageOptions: access.optionsFor(after.location ?? ''),
      ...(after.deltaVersion === null ? {} : { version: after.deltaVersion }),
    });
    let handle = await openIfThere(table, this.#own);
    if (handle === undefined) {
      // A branch of a branch has what its base has; a new table begins as what the branch has.
      const isTheirs = their?.kind === 'delta' && their.location !== null && their.deltaVersion !== null;
      const source = isTheirs
        ? await TableHandle.open(their.location, {
            storageOptions: access.optionsFor(their.location),
            version: their.deltaVersion,
          })
        : from;
      handle = (await cloneTable(source, table, { storageOptions, ifNotExists: true })).handle;
    } else if (their !== undefined && their.deltaVersion !== null) {
      touched.push({ table, before: handle.snapshot.version });
    }
    const target = handle;
    const { version } = await mergeBranchTable(
      target,
      { from, tag: this.#tag },
      async () => {
        if (!(await this.#isFree(target, their))) throw this.#conflict([after]);
      },
      { signal: this.#options.signal },
    );
    const { sql } = await openDeltaRelation(table, { storageOptions, version });
    return { ...after, location: table, deltaVersion: version, sql };
  }

  async #publish(): Promise<Generation> {
    const isTable = (relation: CatalogRelation | undefined): boolean => relation?.kind === 'table';
    const inside = this.changed.filter(({ before, after }) => isTable(before) || isTable(after));
    const tables =
      inside.length === 0
        ? undefined
        : await mergeTablesInside(this.#own, this.#generation, this.#into, inside);
    try {
      const generation = await publishState(
        this.#into,
        {
          command: 'branch merge',
          from: { kind: 'merge', branch: this.#head.name, generation: this.#generation.number },
          message: this.#options.message,
          runId: `${this.#tag}-${this.#generation.number}`,
          ...waitOf(this.#options),
        },
        async (newest) => {
          if (newest !== undefined) await this.check(newest);
          const theirs = byKey(ownRelations(this.#into, newest ?? { relations: [] }));
          return {
            changes: {
              upserts: [...this.#merged.values()].filter(
                (one) => !isPassed(one, theirs.get(relationKey(one))),
              ),
              removals: this.changed.flatMap(({ before, after }) =>
                after === undefined && before !== undefined ? [before] : [],
              ),
            },
            tables: tables === undefined ? 'same' : { from: await tables.build(newest), kept: undefined },
          };
        },
      );
      if (generation === undefined) throw workflowErrors['not-published']({ path: this.#into.file });
      this.#options.onStep?.('externals');
      const { placeExternal } = await import('../targets/index.ts');
      for (const relation of this.#merged.values()) {
        if (relation.kind === 'external') await placeExternal(relation, systemRandom, this.#into.access);
      }
      return generation;
    } finally {
      await tables?.remove();
    }
  }

  async #undo({ table, before }: { readonly table: string; readonly before: number }): Promise<void> {
    const handle = await TableHandle.open(table, { storageOptions: this.#own.access.optionsFor(table) });
    const now = handle.snapshot.version;
    if (now > before && (await onlyMergedSince(handle.storage, before, now, this.#tag))) {
      await restoreTable(handle, { version: before });
    }
  }

  /** From now on both sides are compared with what was merged. */
  headAfter(generation: Generation): BranchHead {
    const theirs = byKey(ownRelations(this.#into, generation));
    const base = byKey(this.#head.base);
    for (const { before, after } of this.changed) {
      const relation = after ?? before;
      if (relation === undefined) continue;
      const key = relationKey(relation);
      const now = theirs.get(key);
      if (now === undefined) base.delete(key);
      else base.set(key, now);
    }
    const own = ownRelations(this.#own, this.#generation);
    return { ...this.#head, base: [...base.values()], own, files: this.#generation.files };
  }
}

function byKey(relations: readonly CatalogRelation[]): Map<string, CatalogRelation> {
  return new Map(relations.map((relation) => [relationKey(relation), relation]));
}

/** Whether the other side shows a newer version of the table already. */
function isPassed(one: CatalogRelation, their: CatalogRelation | undefined): boolean {
  if (one.kind !== 'delta' || their?.kind !== 'delta' || !isSamePlace(one.location, their.location))
    return false;
  return (their.deltaVersion ?? -1) >= (one.deltaVersion ?? 0);
}

function isSamePlace(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && openStorage(a).uri === openStorage(b).uri);
}

function sameTable(location: string, handle: TableHandle): boolean {
  return openStorage(location, handle.storageOptions).uri === handle.uri;
}

async function openIfThere(table: string, { access }: Lake): Promise<TableHandle | undefined> {
  try {
    return await TableHandle.open(table, { storageOptions: access.optionsFor(table) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'delta.not-a-table') return undefined;
    throw error;
  }
}
