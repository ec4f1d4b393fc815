import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

describe("the layer's front door", () => {
  it('imports no native code and no Arrow', async () => {
    const entry = fileURLToPath(new URL('index.ts', import.meta.url));
    const built = await build({
      logLevel: 'silent',
      configFile: false,
      build: { write: false, minify: false, ssr: entry, target: 'node20' },
    });
    const code = Array.isArray(built)
      ? ''
      : 'output' in built
        ? built.output.map((o) => ('code' in o ? o.code : '')).join('\n')
        : '';
    expect(code).toMatch(/^\s+.*\("@duckdb\/node-api"\)/m);
    expect(code).not.toMatch(/^import .* from "(@duckdb|apache-arrow)/m);
    const script = `await import('data:text/javascript,' + encodeURIComponent(process.argv[1])); console.log(Object.keys(process.report.getReport().sharedObjects.filter((o) => /duckdb/.test(o))).length)`;
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', script, code], {
        encoding: 'utf8',
      }).trim(),
    ).toBe('0');
  });
});
