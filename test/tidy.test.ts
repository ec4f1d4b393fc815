/** What a reader of the code may rely on: docstrings, codes that exist, names that say something. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredErrors } from '../src/base/index.ts';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));
const shipped = files.filter(({ file }) => !file.endsWith('.test.ts'));

describe('the source', () => {
  it('has no drawers', () => {
    const drawers = /^(utils?|helpers?|common|types?|managers?|misc)(\.test)?\.ts$/;
    expect(files.map(({ file }) => file).filter((file) => drawers.test(basename(file)))).toEqual([]);
  });

  it('has a docstring on every export', () => {
    const bare: string[] = [];
    for (const { file, text } of shipped) {
      const lines = text.split('\n');
      lines.forEach((line, index) => {
        if (!/^export (async )?(abstract )?(function\*?|class|const|let|interface|type) [^{*]/.test(line))
          return;
        let above = index - 1;
        while (/^\s*(\/\/|@)/.test(lines[above] ?? '')) above -= 1;
        const overload = /^export (async )?function (\w+)/.exec(line)?.[2];
        if (overload !== undefined && (lines[above] ?? '').startsWith(`export function ${overload}`)) return;
        if (!(lines[above] ?? '').trimEnd().endsWith('*/')) bare.push(`src/${file}:${index + 1}: ${line}`);
      });
    }
    expect(bare).toEqual([]);
  });

  it('names only error codes that exist', async () => {
    for (const { file } of files) {
      if (basename(file) === 'errors.ts') await import(join(source, file));
    }
    const known = declaredErrors();
    const layers = new Set([...known.keys()].map((code) => code.split('.')[0]));
    const missing: string[] = [];
    for (const { file, text } of shipped) {
      for (const match of text.matchAll(/@throws (?:\{\w+\} )?`?([a-z]+)\.([a-z][a-z0-9-]*[a-z0-9])/g)) {
        const code = `${match[1]}.${match[2]}`;
        if (layers.has(match[1] ?? '') && !known.has(code)) missing.push(`src/${file}: ${code}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('leaves no unfinished marks', () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|\bas any\b|: any\b/;
    const found = files.flatMap(({ file, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          marks.test(line) && !/^\s*\*.*: any\b/.test(line)
            ? [`src/${file}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    );
    expect(found).toEqual([]);
  });
});
