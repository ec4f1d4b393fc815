import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clean } from './clean.ts';

let projectDir = '';
beforeEach(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'boathouse-clean-'));
  writeFileSync(
    join(projectDir, 'profiles.yml'),
    'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n',
  );
  for (const folder of ['target', 'logs', 'models']) mkdirSync(join(projectDir, folder));
});
afterEach(() => rmSync(projectDir, { recursive: true, force: true }));

const settings = (cleanTargets: string): void =>
  writeFileSync(
    join(projectDir, 'dbt_project.yml'),
    `name: shop\nversion: "1.0"\nprofile: shop\nclean-targets: ${cleanTargets}\n`,
  );

describe('clean', () => {
  it('removes the folders of clean-targets and nothing else', async () => {
    settings('[target, logs, not-there]');
    const { removed } = await clean({ projectDir, profilesDir: projectDir, env: {} });
    expect(removed).toEqual([join(projectDir, 'target'), join(projectDir, 'logs')]);
    expect(existsSync(join(projectDir, 'models'))).toBe(true);
  });

  it('needs neither a profile nor the packages, and takes links for what they are', async () => {
    settings('[dbt_packages]');
    rmSync(join(projectDir, 'profiles.yml'));
    writeFileSync(join(projectDir, 'packages.yml'), 'packages: [{package: acme/base, version: 1.0.0}]\n');
    mkdirSync(join(projectDir, 'dbt_packages'));
    symlinkSync(join(projectDir, 'models'), join(projectDir, 'dbt_packages/near'));
    const { removed } = await clean({ projectDir, env: {} });
    expect(removed).toEqual([join(projectDir, 'dbt_packages')]);
    expect(existsSync(join(projectDir, 'models'))).toBe(true);
  });

  it.each([
    ['a folder outside the project', '[target, ../elsewhere]'],
    ['an absolute path outside', '[target, /tmp]'],
    ['the project itself', '[target, .]'],
    ['the models', '[target, models]'],
  ])('refuses %s before it removes anything', async (_, cleanTargets) => {
    settings(cleanTargets);
    await expect(clean({ projectDir, profilesDir: projectDir, env: {} })).rejects.toMatchObject({
      code: 'workflows.unsafe-clean',
    });
    expect(existsSync(join(projectDir, 'target'))).toBe(true);
  });
});
