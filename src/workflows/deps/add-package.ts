/** `--add-package`: one more entry in packages.yml, with everything else of the file as it was. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import {
  type DepsFacts,
  type DepsProject,
  type PackageEntry,
  parseYaml,
  readPackageText,
  yamlLibrary,
} from '../../project/index.ts';
import type { DepsOptions } from './deps.ts';
import { depsErrors } from './errors.ts';

/** What is to be written. */
export interface Addition {
  readonly name: string;
  readonly version: string | undefined;
  /** The file, absolute. */
  readonly path: string;
  readonly isNew: boolean;
  readonly text: string;
  /** All entries, once it is written. */
  readonly entries: readonly PackageEntry[];
  /** Entries that were for the same package, and give way. */
  readonly removed: readonly Readonly<Record<string, string>>[];
}

/**
 * What `--add-package` asks for; undefined where it isn't given. Writes nothing.
 *
 * @throws workflows.bad-addition, project.bad-package
 */
export async function planAddition(
  project: DepsProject,
  facts: DepsFacts,
  { addPackage, source = 'hub' }: DepsOptions,
): Promise<Addition | undefined> {
  if (addPackage === undefined) return undefined;
  const { name, version } = splitName(addPackage, source);
  const path = join(project.root, project.list.fileName);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  // A file that can't be read is said where it can't.
  if (before !== undefined) parseYaml(before, path);
  const document = yamlLibrary().parseDocument(before ?? 'packages: []\n', {
    version: '1.1',
    uniqueKeys: false,
  });
  const list = listIn(document);
  const removed = removeSame(list, name);
  list.flow = false;
  list.add(document.createNode(entryOf(name, version, source)));
  const text = printed(document, path);
  const entries = readPackageText(text, path, project.list.fileName, facts);
  return { name, version, path, isNew: before === undefined, text, entries, removed };
}

function printed(document: Document, path: string): string {
  try {
    return document.toString({ lineWidth: 0 });
  } catch (cause) {
    // An alias of what was removed.
    const problem = `${path} can't be changed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw depsErrors['bad-addition']({ problem }, { cause, hint: 'Change it by hand, then run `deps`.' });
  }
}

function splitName(
  given: string,
  source: 'hub' | 'git' | 'local',
): { readonly name: string; readonly version: string | undefined } {
  // A URL may have an `@` of its own: the last one is before the revision, unless a path follows it.
  const [, name = given, version] = /^(.+)@([^@/:]*)$/.exec(given) ?? [];
  if (source === 'local') return { name: version === undefined ? given : name, version: undefined };
  if (version === undefined || version === '') {
    throw depsErrors['bad-addition']({
      problem: `Version is required in --add-package when a package when source is ${source}`,
    });
  }
  return { name, version };
}

function entryOf(
  name: string,
  version: string | undefined,
  source: 'hub' | 'git' | 'local',
): Readonly<Record<string, unknown>> {
  const parts = version?.includes(',') === true ? version.split(',').map((part) => part.trim()) : version;
  switch (source) {
    case 'hub':
      return { package: name, version: parts };
    case 'git':
      return { git: name, revision: version };
    case 'local':
      return { local: name };
  }
}

function listIn(document: Document): YAMLSeq<YAMLMap> {
  const { isMap, isSeq } = yamlLibrary();
  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  const found: unknown = document.get('packages');
  if (isSeq(found)) return found as YAMLSeq<YAMLMap>;
  const made = document.createNode([]) as YAMLSeq<YAMLMap>;
  document.set('packages', made);
  return made;
}

/** Removes entries of the same package, wherever they have it from: a repository's name may have hyphens. */
function removeSame(list: YAMLSeq<YAMLMap>, name: string): readonly Readonly<Record<string, string>>[] {
  const short = name.split('/').at(-1) ?? name;
  const names = [name, short].flatMap((one) => [one, one.replaceAll('_', '-'), one.replaceAll('-', '_')]);
  const isSame = (place: string): boolean =>
    names.some((one) => {
      const at = place.indexOf(one);
      if (at < 0) return false;
      const [before, after] = [place[at - 1], place[at + one.length]];
      return (before === undefined || '/.'.includes(before)) && (after === undefined || '/.'.includes(after));
    });
  const removed: Readonly<Record<string, string>>[] = [];
  for (let i = list.items.length - 1; i >= 0; i -= 1) {
    const item = list.items[i]?.toJSON() as Record<string, unknown> | undefined;
    const place = ['package', 'git', 'local', 'tarball', 'private'].map((key) => item?.[key]).find(Boolean);
    if (item === undefined || typeof place !== 'string' || !isSame(place)) continue;
    list.items.splice(i, 1);
    const told = Object.entries(item).filter(([, value]) => ['string', 'number'].includes(typeof value));
    removed.push(Object.fromEntries(told.map(([key, value]) => [key, String(value)])));
  }
  return removed;
}
