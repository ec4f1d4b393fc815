/**
 * One entry of packages.yml, checked as strictly as dbt checks it.
 *
 * An entry that dbt refuses has to be refused here as well: a project that installs its packages with one
 * of the two must not fail with the other. Pure.
 */
import { didYouMean, type SourceLocation } from '../../base/index.ts';
import { Float } from '../../jinja/index.ts';
import { failAt } from '../fields.ts';
import type { YamlFile, YamlPath } from '../yaml-file.ts';
import { isPlainDict, type PlainDict } from '../yaml-value.ts';
import { packageErrors } from './errors.ts';
import type { LockedEntry } from './lock-hash.ts';

interface Common {
  /** The project's name, which a lock file tells. */
  readonly name: string | undefined;
  readonly location: SourceLocation;
  /** The whole entry before and after rendering, for the lock file's hash. */
  readonly whole: LockedEntry;
}

/** How a repository is checked out. */
interface Checkout {
  /** A branch, a tag or a commit; the default branch unless given. */
  readonly revision: string | undefined;
  readonly subdirectory: string | undefined;
  readonly warnsUnpinned: boolean;
}

/** A package of the hub. */
export interface HubEntry extends Common {
  readonly kind: 'hub';
  /** `namespace/name`. */
  readonly package: string;
  readonly versions: readonly string[];
  readonly prereleases: boolean;
}

/** A git repository. */
export interface GitEntry extends Common, Checkout {
  readonly kind: 'git';
  readonly url: string;
  /** As it was written, without the secrets that rendering puts in. */
  readonly written: string;
}

/** A folder. */
export interface LocalEntry extends Common {
  readonly kind: 'local';
  readonly path: string;
}

/** An archive somewhere. */
export interface TarballEntry extends Common {
  readonly kind: 'tarball';
  readonly name: string;
  readonly url: string;
  readonly written: string;
}

/** A repository of the organisation's, by its name at a provider. */
export interface PrivateEntry extends Common, Checkout {
  readonly kind: 'private';
  readonly repository: string;
  readonly provider: string | undefined;
}

/** What one entry asks for. */
export type PackageEntry = HubEntry | GitEntry | LocalEntry | TarballEntry | PrivateEntry;

/** The keys of each kind; the first one tells the kind. */
const keysOf = {
  local: ['local', 'name'],
  tarball: ['tarball', 'name'],
  git: ['git', 'revision', 'warn-unpinned', 'subdirectory', 'name'],
  private: ['private', 'provider', 'revision', 'warn-unpinned', 'subdirectory', 'name'],
  package: ['package', 'version', 'install_prerelease', 'name'],
} as const;

type Key = keyof typeof keysOf;

/**
 * What the entry at `path` asks for.
 *
 * @param rendered the entry; `written` is the same before rendering.
 * @param isLenient keys that nobody knows are passed over: the hub's own lists are not the user's to mend.
 * @throws project.bad-package, project.bad-value
 */
export function parsePackageEntry(
  rendered: unknown,
  written: unknown,
  file: YamlFile,
  path: YamlPath,
  isLenient = false,
): PackageEntry {
  const expected = 'a mapping with one of package, git, local, tarball, private';
  if (!isPlainDict(rendered)) return failAt(file, path, expected, rendered);
  const kinds = (Object.keys(keysOf) as Key[]).filter((key) => Object.hasOwn(rendered, key));
  const [kind, other] = kinds;
  if (kind === undefined) return failAt(file, path, expected, rendered);
  const refuse = (problem: string, key: string, hint?: string): never => {
    throw packageErrors['bad-package'](
      { problem },
      { location: file.locate([...path, key], 'key'), ...(hint === undefined ? {} : { hint }) },
    );
  };
  if (other !== undefined) return refuse(`it has \`${kind}\` and \`${other}\``, other);
  if (!isLenient) refuseOtherKeys(rendered, kind, refuse);
  const read = new Reader(rendered, file, path);
  const writtenDict = isPlainDict(written) ? written : rendered;
  const whole: LockedEntry = { written: writtenDict, rendered };
  const common = { name: read.optional('name'), location: file.locate(path), whole };
  switch (kind) {
    case 'local':
      return { kind, path: read.needed('local'), ...common };
    case 'tarball':
      if (common.name === undefined) refuse('a tarball needs a `name`', 'tarball');
      return {
        kind,
        url: read.needed('tarball'),
        written: textOf(writtenDict['tarball']),
        ...common,
        name: read.needed('name'),
      };
    case 'git':
      return {
        kind,
        url: read.needed('git'),
        written: textOf(writtenDict['git']),
        ...read.checkout(),
        ...common,
      };
    case 'private':
      return {
        kind,
        repository: read.needed('private'),
        provider: read.optional('provider'),
        ...read.checkout(),
        ...common,
      };
    case 'package': {
      const name = read.needed('package');
      if (!name.includes('/'))
        refuse(
          `${name} was not found in the package index`,
          'package',
          'Packages of the hub have a namespace: dbt-labs/dbt_utils.',
        );
      const versions = read.versions();
      if (versions.length === 0)
        refuse(
          `${name} is missing the version`,
          rendered['version'] === undefined ? 'package' : 'version',
          'Packages of the hub need one: version: "1.3.0", or [">=1.0.0", "<2.0.0"].',
        );
      const prereleases = read.bool('install_prerelease') ?? false;
      return { kind: 'hub', package: name, versions, prereleases, ...common };
    }
  }
}

function refuseOtherKeys(
  entry: PlainDict,
  kind: Key,
  refuse: (problem: string, key: string, hint?: string) => never,
): void {
  const known: readonly string[] = keysOf[kind];
  // dbt puts this one in itself, and takes it from a file without looking.
  const wrong = Object.keys(entry).find((key) => !known.includes(key) && key !== 'unrendered');
  if (wrong === undefined) return;
  const spelled = known.find((key) => key.replace('-', '_') === wrong.replace('-', '_'));
  const hint = spelled === undefined ? didYouMean(wrong, known) : `Write it \`${spelled}\`.`;
  refuse(
    `'${wrong}' is no key of a \`${kind}\` package`,
    wrong,
    hint ?? `It can have: ${known.filter((key) => key !== 'name' || kind === 'tarball').join(', ')}.`,
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The values of an entry, each with the type that dbt wants. */
class Reader {
  readonly #entry: PlainDict;
  readonly #file: YamlFile;
  readonly #path: YamlPath;

  constructor(entry: PlainDict, file: YamlFile, path: YamlPath) {
    this.#entry = entry;
    this.#file = file;
    this.#path = path;
  }

  /** A text that has to be there and not empty. */
  needed(key: string): string {
    const value = this.#entry[key];
    return typeof value === 'string' && value !== '' ? value : this.#fail(key, 'a text', value);
  }

  optional(key: string): string | undefined {
    const value = this.#entry[key];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : this.#fail(key, 'a text', value);
  }

  bool(key: string): boolean | undefined {
    const value = this.#entry[key];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'boolean' ? value : this.#fail(key, 'true or false', value);
  }

  /** A version, or a list of them; numbers as their text. */
  versions(): readonly string[] {
    const value = this.#entry['version'];
    if (value === undefined || value === null || value === '' || value === 0) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.map((one) => scalar(one) ?? this.#fail('version', 'a version or a list of them', value));
  }

  checkout(): Checkout {
    const revision = this.#entry['revision'];
    return {
      revision:
        revision === undefined || revision === null
          ? undefined
          : (scalar(revision) ?? this.#fail('revision', 'a branch, a tag or a commit', revision)),
      subdirectory: this.optional('subdirectory') || undefined,
      warnsUnpinned: this.bool('warn-unpinned') !== false,
    };
  }

  #fail(key: string, expected: string, found: unknown): never {
    return failAt(this.#file, [...this.#path, key], expected, found);
  }
}

/** A text, or a number as Python writes it. */
function scalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof Float ? `${value.value}.0` : undefined;
}
