/** Holds `src/` to `src/layers.json`: who may import whom, only through the front door, no cycle. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const layers = JSON.parse(readFileSync(join(source, 'layers.json'), 'utf8')) as Record<string, string[]>;
const order = Object.keys(layers);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every relative import of a file, as a path below `src/`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(importPattern)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(source, resolve(source, dirname(file), specifier)));
}

const layerOf = (path: string): string => path.split('/')[0] ?? '';

describe('the layers', () => {
  it('are the folders of src, each with a front door', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).sort()).toEqual([...order].sort());
    for (const layer of order) expect(files, layer).toContain(`${layer}/index.ts`);
  });

  it('list only layers that stand before them, so that there is no cycle', () => {
    for (const [layer, allowed] of Object.entries(layers)) {
      for (const lower of allowed) {
        expect(order.indexOf(lower), `${layer} lists ${lower}`).toBeGreaterThanOrEqual(0);
        expect(order.indexOf(lower), `${layer} lists ${lower}`).toBeLessThan(order.indexOf(layer));
      }
    }
  });

  it('import only what is listed, and only through index.ts', () => {
    const wrong: string[] = [];
    for (const file of files.filter((path) => path.includes('/'))) {
      const layer = layerOf(file);
      for (const target of importsOf(file)) {
        const other = layerOf(target);
        if (other === layer || target.startsWith('..') || !(other in layers)) continue;
        // A test may use what stands above its layer, to feed it with real parts; never around a front door.
        const listed = file.endsWith('.test.ts') || layers[layer]?.includes(other);
        if (!listed) wrong.push(`${file} imports ${other}, which ${layer} may not`);
        else if (target !== `${other}/index.ts`)
          wrong.push(`${file} imports ${target}, not ${other}/index.ts`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
