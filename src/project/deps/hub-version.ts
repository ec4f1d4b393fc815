/**
 * Versions of hub packages and what packages.yml asks of them.
 *
 * Order is that of semantic versioning, with what dbt's hub adds: the hyphen before a prerelease may be left
 * out (`1.0.0rc1`), and `<1.0.0` doesn't let 1.0.0's own prereleases in, while `<=1.0.0` does. Build
 * metadata never counts. Pure.
 */

/** A version as its parts; `prerelease` is empty for a release. */
export interface HubVersion {
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
}

/** One requirement: `>=1.0.0`. A version alone means exactly that one. */
export interface VersionBound {
  readonly operator: '>' | '>=' | '<' | '<=' | '=';
  readonly version: HubVersion;
}

/** Which version was chosen, and the newest that is there at all; or that no version at all could fulfil the bounds; or that none of those there does. */
export type VersionChoice =
  | { readonly kind: 'chosen'; readonly version: string; readonly latest: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'none'; readonly installable: readonly string[] };

const form =
  /^(>=|<=|>|<|=)?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-?((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*)*)?$/;

/** The requirement that `text` says; undefined where it says none. Spaces are not allowed, as in dbt. */
export function parseVersionBound(text: string): VersionBound | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  return {
    operator: (match[1] ?? '=') as VersionBound['operator'],
    version: {
      numbers: [Number(match[2]), Number(match[3]), Number(match[4])],
      prerelease: match[5] ? match[5].split('.') : [],
    },
  };
}

/** Negative, zero or positive, as `a` comes before, with or after `b`. */
export function compareHubVersions(a: HubVersion, b: HubVersion): number {
  for (const i of [0, 1, 2] as const) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] - b.numbers[i];
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return Math.sign(b.prerelease.length - a.prerelease.length);
  }
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i += 1) {
    const order = compareParts(a.prerelease[i] ?? '', b.prerelease[i] ?? '');
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

/** Numbers come before words. */
function compareParts(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber && bIsNumber) return Number(a) - Number(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether `version` fulfils `bound`. */
export function fulfils(version: HubVersion, bound: VersionBound): boolean {
  const order = compareHubVersions(version, bound.version);
  switch (bound.operator) {
    case '=':
      return order === 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '<':
      return order < 0 && !isOwnPrerelease(version, bound.version);
  }
}

function isOwnPrerelease(version: HubVersion, limit: HubVersion): boolean {
  const sameNumbers = version.numbers.every((number, i) => number === limit.numbers[i]);
  return sameNumbers && limit.prerelease.length === 0 && version.prerelease.length > 0;
}

/**
 * The newest of `available` that fulfils all `bounds`.
 *
 * Prereleases are looked at only if `prereleases` is set or a bound itself names one.
 *
 * @param available versions as the hub writes them; what isn't a version is passed over.
 */
export function chooseVersion(
  bounds: readonly VersionBound[],
  available: readonly string[],
  prereleases: boolean,
): VersionChoice {
  if (contradict(bounds)) return { kind: 'conflict' };
  const wanted = prereleases || bounds.some((bound) => bound.version.prerelease.length > 0);
  const installable = available
    .map((text) => ({ text, bound: parseVersionBound(text) }))
    .flatMap(({ text, bound }) => (bound === undefined ? [] : [{ text, version: bound.version }]))
    .filter(({ version }) => wanted || version.prerelease.length === 0)
    .sort((a, b) => compareHubVersions(a.version, b.version));
  const counting = withTightestUpper(bounds);
  const newest = installable.findLast(({ version }) => counting.every((bound) => fulfils(version, bound)));
  if (newest) {
    // Of versions that differ in their build metadata alone, the first one counts.
    const chosen =
      installable.find(({ version }) => compareHubVersions(version, newest.version) === 0) ?? newest;
    return { kind: 'chosen', version: chosen.text, latest: installable.at(-1)?.text ?? chosen.text };
  }
  return { kind: 'none', installable: installable.map(({ text }) => text) };
}

/**
 * The bounds with one upper bound only, the tightest: `<1.0.0-rc2` makes room for 1.0.0-rc1, which `<1.0.0`
 * beside it doesn't let in. Which of the two is tighter depends on their order, as in dbt: the last one
 * stands, until one of the others, from the first on, is less.
 */
function withTightestUpper(bounds: readonly VersionBound[]): readonly VersionBound[] {
  const isUpper = (bound: VersionBound): boolean => bound.operator.startsWith('<');
  const uppers = bounds.filter(isUpper);
  const last = uppers.at(-1);
  if (last === undefined || uppers.length === 1) return bounds;
  const begin = bounds.at(-1);
  const [first, rest] = begin === last ? [last, uppers.slice(0, -1)] : [uppers[0] ?? last, uppers.slice(1)];
  const tightest = rest.reduce((kept, next) => (isLooser(kept, next) ? next : kept), first);
  return [...bounds.filter((bound) => !isUpper(bound)), tightest];
}

function isLooser(kept: VersionBound, next: VersionBound): boolean {
  const order = compareHubVersions(kept.version, next.version);
  if (kept.operator === '<' && isOwnPrerelease(next.version, kept.version)) return false;
  return order > 0 || (order === 0 && kept.operator === '<=' && next.operator === '<');
}

/** Whether no version, there or not, could fulfil all bounds. */
function contradict(bounds: readonly VersionBound[]): boolean {
  const exact = bounds.filter((bound) => bound.operator === '=');
  if (exact.length > 0) return exact.some((one) => !bounds.every((bound) => fulfils(one.version, bound)));
  const lower = bounds.filter((bound) => bound.operator.startsWith('>'));
  const upper = bounds.filter((bound) => bound.operator.startsWith('<'));
  return lower.some((low) => upper.some((high) => cross(low, high)));
}

/** Bounds that meet in one version leave only that one, if both let it in. */
function cross(low: VersionBound, high: VersionBound): boolean {
  const order = compareHubVersions(low.version, high.version);
  return order > 0 || (order === 0 && (low.operator === '>' || high.operator === '<'));
}

/**
 * Whether `version` is let in by the requirements of a package: `require-dbt-version`.
 *
 * @param requirements one bound a text, or several with commas between; what is no bound lets everything in.
 */
export function letsIn(requirements: readonly string[], version: string): boolean {
  const own = parseVersionBound(version);
  if (own === undefined) return true;
  const bounds = requirements
    .flatMap((text) => text.split(','))
    .flatMap((text) => parseVersionBound(text.trim()) ?? []);
  return !contradict([own, ...bounds]);
}
