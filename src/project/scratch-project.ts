/** Projects in a temporary folder, for this layer's tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const made: string[] = [];

/** Settings that a test which isn't about them can leave out. */
export const plainSettings: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nprofile: shop\n',
  'profiles.yml': 'shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: lake.duckdb}\n',
};

/** A new folder with `files`, on top of plain settings. Give it back with `removeScratch`. */
export function scratchProject(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'boathouse-project-'));
  made.push(root);
  for (const [path, text] of Object.entries({ ...plainSettings, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Removes every folder that `scratchProject` made. */
export function removeScratch(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
}
