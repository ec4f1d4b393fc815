import { describe, expect, it } from 'vitest';
import { chooseVersion, letsIn, parseVersionBound } from './hub-version.ts';

const available = ['0.9.0', '1.0.0-rc1', '1.0.0', '1.2.0', '1.10.0', '2.0.0-b1', '2.0.0-rc.2', '2.0.0-rc.10'];

function choose(asked: readonly string[], prereleases = false): string {
  const bounds = asked.flatMap((text) => parseVersionBound(text) ?? []);
  expect(bounds).toHaveLength(asked.length);
  const choice = chooseVersion(bounds, available, prereleases);
  return choice.kind === 'chosen' ? choice.version : choice.kind;
}

describe('chooseVersion', () => {
  it.each([
    ['takes the newest release where nothing is asked', [], false, '1.10.0'],
    ['compares numbers as numbers', ['>=1.0.0', '<1.10.0'], false, '1.2.0'],
    ['takes an exact version', ['1.0.0'], false, '1.0.0'],
    ['looks at prereleases where they are wanted', [], true, '2.0.0-rc.10'],
    ['looks at prereleases where a bound names one', ['>=2.0.0-b1'], false, '2.0.0-rc.10'],
    ['reads a prerelease without its hyphen', ['1.0.0rc1'], false, '1.0.0-rc1'],
    ["keeps a limit's own prereleases out of <", ['<1.0.0'], true, '0.9.0'],
    ["lets a limit's own prereleases into <=", ['<=1.0.0', '<1.0.0-rc2'], true, '1.0.0-rc1'],
    ['finds none above the newest', ['>3.0.0'], false, 'none'],
    ['sees bounds that meet and leave nothing', ['>1.0.0', '<=1.0.0'], false, 'conflict'],
    ['takes the version in which bounds meet', ['>=1.0.0', '<=1.0.0'], false, '1.0.0'],
    ['sees bounds that cross', ['>2.0.0', '<1.0.0'], false, 'conflict'],
    ['sees two different exact versions', ['1.0.0', '1.2.0'], false, 'conflict'],
    ['sees an exact version outside of a bound', ['=1.0.0', '>1.0.0'], false, 'conflict'],
    ['lets a prerelease in below a tighter one', ['<1.0.0', '<1.0.0-rc2'], true, '1.0.0-rc1'],
    ['unless the looser limit is the last that is said', ['<1.0.0-rc2', '<1.0.0'], true, '0.9.0'],
    ['leaves build metadata out', ['=1.2.0+local'], false, '1.2.0'],
  ] satisfies [string, string[], boolean, string][])('%s', (_, asked, prereleases, chosen) => {
    expect(choose(asked, prereleases)).toBe(chosen);
  });
});

it('takes the first of versions that differ in their build metadata alone', () => {
  const choice = chooseVersion([], ['1.2.0+b', '1.2.0', '1.2.0+a'], false);
  expect(choice).toEqual({ kind: 'chosen', version: '1.2.0+b', latest: '1.2.0+a' });
});

describe('letsIn', () => {
  it.each([
    ['everything where nothing is asked', [], true],
    ['within bounds', ['>=1.0.0', '<2.0.0'], true],
    ['within bounds in one text', ['>=1.0.0,<2.0.0'], true],
    ['above', ['>=2.0.0'], false],
    ['below', ['>=1.0.0', '<1.11.0'], false],
    ['what is no bound', ['latest'], true],
  ])('%s', (_, requirements, expected) => expect(letsIn(requirements, '1.11.16')).toBe(expected));
});

describe('parseVersionBound', () => {
  it.each(['', '1.0', 'v1.0.0', '>= 1.0.0', '==1.0.0', '~1.0.0', '1.0.0 ', 'latest'])('refuses %j', (text) =>
    expect(parseVersionBound(text)).toBeUndefined(),
  );
});
