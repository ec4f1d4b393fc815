/** Projects of our own, each of a theme, carried out by dbt and by Boathouse: both have to leave the same. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noDbt } from './dbt.ts';
import { type OpenCourt, openCourt } from './judge/court.ts';
import { judge } from './judge/judge.ts';

const folder = join(import.meta.dirname, 'projects');
const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'conformance.json')));

describe.skipIf(noDbt !== '')(
  `a project gives what dbt makes of it${noDbt && ` (skipped: ${noDbt})`}`,
  () => {
    let court: OpenCourt;
    beforeAll(() => {
      court = openCourt(resolve(import.meta.dirname, '../..'), process.env['BOATHOUSE_PEERS_BIN'] ?? '');
    });
    afterAll(() => court.close());

    it.each(names)('%s', async (name) => {
      const verdict = await judge(join(folder, name), court);
      const tails = verdict.ours
        .map((after) => `--- ${after.command} (${after.code})\n${after.tail}`)
        .join('\n');
      expect(verdict.differences, tails).toEqual([]);
      expect(verdict.stale).toEqual([]);
    });
  },
);
