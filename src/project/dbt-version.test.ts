import { describe, expect, it } from 'vitest';
import { checkDbtVersion } from './dbt-version.ts';

const place = { file: 'dbt_project.yml', line: 1 };

/** The code of what a requirement ends with. */
function codeOf(spec: string, spoken: string): string {
  try {
    checkDbtVersion('shop', [spec], place, spoken);
    return 'fine';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('require-dbt-version', () => {
  it.each([
    ['>=1.8.0', '1.11.16', 'fine'],
    ['>= v1.8.0', '1.11.16', 'fine'],
    ['>=1.8.0,<2.0.0', '1.11.16', 'fine'],
    ['>=1.12.0', '1.11.16', 'project.version-mismatch'],
    ['=1.11.16', '1.11.16', 'fine'],
    ['1.11.15', '1.11.16', 'project.version-mismatch'],
    // Prereleases, by their parts and not as texts.
    ['>=1.11.0-rc.9', '1.11.0-rc.10', 'fine'],
    ['>=1.11.0-rc.10', '1.11.0-rc.9', 'project.version-mismatch'],
    ['>=1.11.0b2', '1.11.0-rc1', 'fine'],
    ['>1.11.0-1', '1.11.0-a', 'fine'],
    ['>=1.11.0', '1.11.0-rc1', 'project.version-mismatch'],
    ['<1.11.0', '1.11.0-rc1', 'project.version-mismatch'],
    ['<=1.11.0', '1.11.0-rc1', 'fine'],
    ['>=1.8', '1.11.16', 'project.bad-version'],
    ['newest', '1.11.16', 'project.bad-version'],
  ])('%s, of %s, is %s', (spec, spoken, code) => {
    expect(codeOf(spec, spoken)).toBe(code);
  });
});
