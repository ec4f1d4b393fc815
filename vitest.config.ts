import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// The peers that judge us, where `node scripts/peers.mjs` has installed them; tests skip without.
const peers = resolve(import.meta.dirname, '.cache/peers');
const spark = resolve(import.meta.dirname, '.cache/peers-spark');
const bin = resolve(peers, 'venv/bin');
const found: Record<string, string> = {};
if (existsSync(resolve(peers, 'installed.txt'))) {
  found.BOATHOUSE_PEERS_BIN = bin;
  found.BOATHOUSE_PEERS_PYTHON = resolve(bin, 'python');
  found.BOATHOUSE_PYTHON = resolve(bin, 'python');
}
if (existsSync(resolve(spark, 'installed.txt'))) {
  found.BOATHOUSE_SPARK_PYTHON = resolve(spark, 'venv/bin/python');
}

// Copies of remote files that tests make are theirs, not the user's.
const cache = mkdtempSync(join(tmpdir(), 'boathouse-test-cache-'));
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'conformance/**/*.test.ts'],
    env: { ...found, ...(process.env as Record<string, string>), BOATHOUSE_CACHE_DIR: cache },
    // A machine may be busy with others' work; only what hangs is to end here.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for processes and servers of their own.
    poolOptions: { forks: { maxForks: 3 } },
  },
});
