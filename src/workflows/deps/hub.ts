/** A package hub: which packages it has, which versions, and where their archives are. */
import { dbtVersion, nearest, secrets } from '../../base/index.ts';
import { letsIn, type PackageEntry, parseEntries, parseYaml } from '../../project/index.ts';
import { depsErrors } from './errors.ts';
import type { Fetcher } from './fetcher.ts';
import type { Say } from './say.ts';

/** One version of a package. */
export interface HubRelease {
  readonly name: string;
  readonly tarball: string;
  readonly requires: readonly string[];
  readonly entries: readonly PackageEntry[];
}

/** What a package has, by version; parsed when it is asked for. */
export interface HubPackage {
  /** The versions that this dbt may use, and how many it may not. */
  readonly compatible: readonly string[];
  readonly hidden: number;
  release(version: string): HubRelease;
}

/** A hub that remembers its answers: each is asked for once. */
export interface Hub {
  package(name: string): Promise<HubPackage>;
}

/** The hub of dbt packages, unless `DBT_PACKAGE_HUB_URL` or the project names another. */
export const defaultHub = 'https://hub.getdbt.com/';

type Json = Readonly<Record<string, unknown>>;

/**
 * The hub at `base`.
 *
 * @param checksVersion false: versions that require another dbt count as well.
 * @param redirected told of a package that has moved.
 */
export function openHub(
  base: string,
  fetcher: Fetcher,
  say: Say,
  checksVersion: boolean,
  redirected: (from: string, to: string) => void,
): Hub {
  const root = base.endsWith('/') ? base : `${base}/`;
  let index: Promise<readonly string[]> | undefined;
  const packages = new Map<string, Promise<HubPackage>>();

  const get = async (name: string): Promise<unknown> => {
    const url = `${root}api/v1/${name.split('/').map(encodeURIComponent).join('/')}.json`;
    const what = name === 'index' ? 'index ' : '';
    const events = name === 'index' ? (['M022', 'M023'] as const) : (['M008', 'M009'] as const);
    const kind = name === 'index' ? 'RegistryIndexProgressGET' : 'RegistryProgressGET';
    say('debug', events[0], `${kind}Request`, `Making package ${what}registry request: GET ${url}`, { url });
    const { status, body } = await fetcher.json(url);
    say(
      'debug',
      events[1],
      `${kind}Response`,
      `Response from registry${name === 'index' ? ' index' : ''}: GET ${url} ${status}`,
      {
        url,
        resp_code: status,
      },
    );
    try {
      return JSON.parse(body) as unknown;
    } catch {
      throw depsErrors['hub-answer']({ url: secrets.scrub(url), problem: 'it is no JSON' });
    }
  };

  const readIndex = async (): Promise<readonly string[]> => {
    const answer = await get('index');
    if (Array.isArray(answer)) return answer.filter((name): name is string => typeof name === 'string');
    throw depsErrors['hub-answer']({ url: `${root}api/v1/index.json`, problem: 'it is no list' });
  };

  const readPackage = async (name: string): Promise<HubPackage> => {
    index ??= readIndex();
    const known = await index;
    if (!known.includes(name)) {
      const [, short = name] = name.split('/');
      const namesakes = known.filter((one) => one.split('/')[1] === short);
      const near = namesakes.length > 0 ? namesakes.slice(0, 3) : [nearest(name, known) ?? []].flat();
      throw depsErrors['package-not-found']({ package: name, hub: root, near });
    }
    const url = `${root}api/v1/${name}.json`;
    const answer = await get(name);
    const wrong = (problem: string): Error => depsErrors['hub-answer']({ url, problem });
    if (!isDict(answer)) throw wrong('it is no mapping');
    const { versions } = answer;
    if (!isDict(versions) || answer['name'] === undefined) throw wrong('it lacks `name` or `versions`');
    const [space, title] = [answer['redirectnamespace'], answer['redirectname']];
    if (space || title) redirected(name, `${space || answer['namespace']}/${title || answer['name']}`);
    const releases = new Map<string, HubRelease>();
    const numbers = Object.keys(versions);
    const compatible = numbers.filter((number) => {
      const one = versions[number];
      return !checksVersion || (isDict(one) && letsIn(requirementsOf(one), dbtVersion));
    });
    const release = (version: string): HubRelease => {
      const before = releases.get(version);
      if (before !== undefined) return before;
      const one = versions[version];
      if (!isDict(one)) throw wrong(`it has no version ${version}`);
      const made = releaseOf(one, url);
      releases.set(version, made);
      return made;
    };
    return { compatible, hidden: numbers.length - compatible.length, release };
  };

  return {
    package: (name) => {
      const asked = packages.get(name) ?? readPackage(name);
      packages.set(name, asked);
      return asked;
    },
  };
}

/** What a hub says of one version. @param url where it says so. @throws workflows.hub-answer, project.bad-package */
export function releaseOf(one: Json, url: string): HubRelease {
  const { name, downloads } = one;
  const tarball = isDict(downloads) ? downloads['tarball'] : undefined;
  if (typeof name !== 'string' || typeof tarball !== 'string' || !Array.isArray(one['packages'])) {
    const problem = 'a version lacks `name`, `packages` or `downloads`';
    throw depsErrors['hub-answer']({ url, problem });
  }
  // JSON is YAML, so that a wrong entry has a place.
  const file = parseYaml(JSON.stringify({ packages: one['packages'] }, null, 1), url);
  const data = file.value as { [key: string]: unknown };
  return { name, tarball, requires: requirementsOf(one), entries: parseEntries(data, data, file, true) };
}

function requirementsOf(one: Json): readonly string[] {
  const given = one['require_dbt_version'];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  return list.filter((text): text is string => typeof text === 'string');
}

function isDict(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
