/**
 * What all entries together ask for: one package each, however many ask for it.
 *
 * Packages are told apart as dbt tells them: a hub package by its name, a repository by its URL (with or
 * without `.git`) and folder, a local one by its path as it is written, an archive by its URL. Pure.
 */
import type { SourceLocation } from '../../base/index.ts';
import { packageErrors } from './errors.ts';
import { chooseVersion, parseVersionBound, type VersionBound } from './hub-version.ts';
import type { PackageEntry } from './package-entry.ts';

/** An entry, and who asks for it: the root project's name first, then the packages on the way. */
export interface Request {
  readonly entry: PackageEntry;
  readonly path: readonly string[];
}

/** A package, and everybody who asks for it; the first one says where it is. */
export interface Wanted {
  readonly key: string;
  readonly requests: readonly [Request, ...Request[]];
}

/** Exactly what has to be fetched. */
export type Pinned =
  | { readonly kind: 'hub'; readonly package: string; readonly version: string; readonly latest: string }
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly written: string;
      /** As the lock file names it, where it isn't a `git` package. */
      readonly private?: { readonly repository: string; readonly provider: string | undefined };
      /** A branch, a tag, a commit or `HEAD`. */
      readonly revision: string;
      readonly subdirectory: string | undefined;
      readonly warnsUnpinned: boolean;
    }
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'tarball'; readonly url: string; readonly written: string; readonly name: string };

/** Packages in the order in which they were first asked for. */
export class WantedList {
  readonly #byKey = new Map<string, Wanted>();

  /**
   * Adds a request.
   *
   * @returns the package with all that ask for it so far.
   * @throws project.package-kinds, project.bad-package-version
   */
  add(request: Request): Wanted {
    boundsIn(request);
    const before = this.find(request.entry);
    const known = before?.key ?? keysOf(request.entry)[0];
    if (before !== undefined) refuseOtherKind(before, request);
    if (before?.requests.some(({ entry }) => isSamePlace(entry, request.entry))) return before;
    const wanted: Wanted = {
      key: known,
      requests: before === undefined ? [request] : [...before.requests, request],
    };
    this.#byKey.set(known, wanted);
    return wanted;
  }

  /** The package that the entry is one of the requests for. */
  find(entry: PackageEntry): Wanted | undefined {
    for (const key of keysOf(entry)) {
      const found = this.#byKey.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  get size(): number {
    return this.#byKey.size;
  }

  values(): readonly Wanted[] {
    return [...this.#byKey.values()];
  }
}

/** Whether it is the same line of the same file, reached on another way. */
function isSamePlace({ location: a }: PackageEntry, { location: b }: PackageEntry): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

/** What messages call the package. */
export function titleOf(entry: PackageEntry): string {
  return entry.kind === 'tarball' ? entry.url : keysOf(entry)[0];
}

function keysOf(entry: PackageEntry): readonly [string, ...string[]] {
  switch (entry.kind) {
    case 'hub':
      return [entry.package];
    case 'local':
      return [entry.path];
    case 'tarball':
      return [entry.url];
    case 'git': {
      const { url } = entry;
      const other = url.endsWith('.git') ? url.slice(0, -4) : `${url}.git`;
      const below = entry.subdirectory === undefined ? '' : `/${entry.subdirectory}`;
      return [`${url}${below}`, `${other}${below}`];
    }
    case 'private':
      return [`${entry.repository}${entry.subdirectory === undefined ? '' : `/${entry.subdirectory}`}`];
  }
}

function refuseOtherKind({ requests: [first] }: Wanted, { entry }: Request): void {
  if (first.entry.kind === entry.kind) return;
  throw packageErrors['package-kinds'](
    { package: titleOf(entry), first: first.entry.kind, second: entry.kind },
    { location: entry.location },
  );
}

/** The bounds that all hub entries of a package say together, each with its text and who says it. */
interface Bound {
  readonly bound: VersionBound;
  readonly text: string;
  readonly request: Request;
}

function boundsIn(request: Request): readonly Bound[] {
  const { entry } = request;
  if (entry.kind !== 'hub') return [];
  return entry.versions.map((text) => {
    const bound = parseVersionBound(text);
    if (bound !== undefined) return { bound, text, request };
    throw packageErrors['bad-package-version'](
      { package: entry.package, version: text },
      { location: entry.location },
    );
  });
}

/**
 * The version of a hub package that fulfils everybody who asks for it.
 *
 * @param compatible the hub's versions that let this dbt in. @param hidden how many of them don't.
 * @throws project.package-conflict, project.no-package-version
 */
export function pinHub(wanted: Wanted, compatible: readonly string[], hidden: number): Pinned {
  const bounds = wanted.requests.flatMap(boundsIn);
  const prereleases = wanted.requests.some(({ entry }) => entry.kind === 'hub' && entry.prereleases);
  const choice = chooseVersion(
    bounds.map(({ bound }) => bound),
    compatible,
    prereleases,
  );
  const name = wanted.key;
  const last: SourceLocation | undefined = wanted.requests.at(-1)?.entry.location;
  switch (choice.kind) {
    case 'chosen':
      return { kind: 'hub', package: name, version: choice.version, latest: choice.latest };
    case 'conflict': {
      const asked = bounds.map(({ text, request }) => `${text}  asked for by ${request.path.join(' → ')}`);
      throw packageErrors['package-conflict']({ package: name, asked }, { location: last });
    }
    case 'none':
      throw packageErrors['no-package-version'](
        {
          package: name,
          asked: bounds.map(({ text }) => text),
          installable: choice.installable,
          hidden,
        },
        { location: last },
      );
  }
}

/** What to check out for everybody who asks for a repository. @throws project.package-conflict */
export function pinGit(
  wanted: Wanted,
  urlOf: (repository: string, provider: string | undefined) => string,
): Pinned {
  const [first] = wanted.requests;
  const revisions = wanted.requests.flatMap(({ entry, path }) =>
    (entry.kind === 'git' || entry.kind === 'private') && entry.revision !== undefined
      ? [{ revision: entry.revision, path }]
      : [],
  );
  const distinct = new Set(revisions.map(({ revision }) => revision));
  if (distinct.size > 1) {
    throw packageErrors['package-conflict'](
      {
        package: wanted.key,
        asked: revisions.map(({ revision, path }) => `${revision}  asked for by ${path.join(' → ')}`),
      },
      {
        location: wanted.requests.at(-1)?.entry.location,
        hint: 'git dependencies should contain exactly one version: give all of them the same revision.',
      },
    );
  }
  if (first.entry.kind !== 'git' && first.entry.kind !== 'private') throw new TypeError('no repository');
  const { subdirectory } = first.entry;
  const shared = {
    kind: 'git' as const,
    revision: revisions[0]?.revision ?? 'HEAD',
    subdirectory,
    warnsUnpinned: wanted.requests.every(({ entry }) => !('warnsUnpinned' in entry) || entry.warnsUnpinned),
  };
  if (first.entry.kind === 'git') return { ...shared, url: first.entry.url, written: first.entry.written };
  const { repository, provider } = first.entry;
  const url = urlOf(repository, provider);
  return { ...shared, url, written: url, private: { repository, provider } };
}
