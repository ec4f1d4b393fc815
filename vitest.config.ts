import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// The peers that judge us, where `node scripts/peers.mjs` has installed them; tests skip without.
const peers = resolve(import.meta.dirname, '.cache/peers/venv/bin');
const found: Record<string, string> = existsSync(resolve(peers, '../../installed.txt'))
  ? {
      BOATHOUSE_PEERS_BIN: peers,
      BOATHOUSE_PEERS_PYTHON: resolve(peers, 'python'),
      BOATHOUSE_PYTHON: resolve(peers, 'python'),
    }
  : {};

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'conformance/**/*.test.ts'],
    env: { ...found, ...(process.env as Record<string, string>) },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
