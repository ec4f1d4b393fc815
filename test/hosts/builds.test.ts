/** Runs on hosts that share nothing but a bucket: all at once, and while hosts fail. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended } from '../e2e/command.ts';
import type { Trouble } from '../stores/proxy.ts';
import { isFull, longReason, type Store, startStore } from '../stores/server.ts';
import { type Host, kill } from './host.ts';
import { Lake, leaseSeconds, succeeds } from './lake.ts';

const rounds = isFull ? 6 : 2;

/** Requests by which a run is struck: what they make, and whether a run that ends with it is seen. */
const moments: readonly (readonly [string, RegExp, 'struck' | 'lost-request', 'seen' | 'unseen'])[] = [
  ['a commit that never arrives', /\/events\.delta\/_delta_log\/\d{20}\.json/, 'lost-request', 'unseen'],
  ['a generation that stands', /\/_boathouse\/catalog\/\d{20}\.json/, 'struck', 'seen'],
  ['a data file', /\/events\.delta\/[^/]*\.parquet/, 'struck', 'unseen'],
  ['a commit that stands', /\/events\.delta\/_delta_log\/\d{20}\.json/, 'struck', 'unseen'],
  ['an external file', /\/daily[^?]*\.parquet/, 'struck', 'unseen'],
  ['the file of the catalog', /\/_boathouse\/catalog\/files\//, 'struck', 'unseen'],
  ['a generation that never arrives', /\/_boathouse\/catalog\/\d{20}\.json/, 'lost-request', 'unseen'],
  ['the copy that others open', /\/prod\.duckdb(?:\?|$)/, 'lost-request', 'seen'],
];

for (const kind of ['versitygw', 'minio'] as const) {
  const reason = longReason(kind);
  describe.skipIf(reason !== undefined)(`hosts on ${kind}${reason ? ` (${reason})` : ''}`, () => {
    let store: Store;
    const lakes: Lake[] = [];
    beforeAll(async () => {
      store = await startStore({ kind });
    });
    afterAll(async () => {
      await Promise.all(lakes.map((lake) => lake.close()));
      await store?.stop();
    });
    const lakeIn = async (bucket: string, targets?: readonly string[]): Promise<Lake> => {
      const lake = await Lake.open(store, bucket, targets);
      lakes.push(lake);
      return lake;
    };

    it('build dev and prod, one project twice, fail a test, land and maintain at once, and readers see whole runs', async () => {
      const lake = await lakeIn('together', ['prod', 'dev']);
      const building = (name: string, target: string) => async (): Promise<void> => {
        const host = await lake.hostNamed(name);
        for (let round = 0; round < rounds; round += 1) await lake.build(host, `${name}-${round}`, target);
      };
      const failing = async (): Promise<void> => {
        const host = await lake.hostNamed('failing');
        for (let round = 0; round < rounds; round += 1) {
          const args = Lake.buildOf(`failing-${round}`, 'prod', { fails: 'true' });
          const { code, output } = await ended(host.start(...args));
          expect(code, output).toBe(1);
          expect(output).toContain('totals_pass');
        }
      };
      const landing = async (): Promise<void> => {
        const host = await lake.hostNamed('lander');
        for (let round = 0; round < rounds * 2; round += 1) await lake.land(host);
      };
      const keeping = async (): Promise<void> => {
        const host = await lake.hostNamed('keeper');
        for (let round = 0; round < rounds; round += 1) {
          await succeeds(host, 'maintain');
          await succeeds(host, 'table', 'optimize', 'events');
          await succeeds(host, 'table', 'vacuum', lake.landing);
        }
      };
      let isOver = false;
      const seen = new Set<string>();
      const watching = (async () => {
        while (!isOver) for (const target of ['dev', 'prod']) seen.add((await lake.look(target)).run);
      })();
      const work = [
        ...[building('a', 'prod'), building('b', 'prod'), building('c', 'dev')],
        ...[failing, landing, keeping],
      ];
      const done = Promise.all(work.map((each) => each())).finally(() => {
        isOver = true;
      });
      await Promise.all([done, watching]);
      expect(seen.size).toBeGreaterThan(0);
      expect([...seen].filter((run) => run.startsWith('failing'))).toEqual([]);
      for (const target of ['dev', 'prod']) await lake.settle(target);
    }, 900_000);

    it.concurrent.each(isFull ? moments : moments.slice(0, 2))(
      'build on when one of them is killed with %s',
      async (what, path, trouble, seen) => {
        const lake = await lakeIn(`killed-${moments.findIndex(([name]) => name === what)}`);
        let child: ReturnType<Host['start']> | undefined;
        let isStruck = false;
        const host = await lake.hostNamed('killed', (passing) => {
          if (isStruck || child === undefined || passing.method !== 'PUT' || !path.test(passing.path))
            return undefined;
          isStruck = true;
          const dying = child;
          if (trouble === 'struck') return { kind: trouble, strike: () => kill(dying) };
          // Before it could try once more.
          kill(dying);
          return { kind: trouble };
        });
        await lake.land();
        child = host.start(...Lake.buildOf('killed'));
        const { code, output } = await ended(child);
        expect(isStruck, output).toBe(true);
        expect(code, output).toBe(137);
        // What the dead one had sent arrives all the same.
        await until(async () => (await lake.look()).run === (seen === 'seen' ? 'killed' : 'first'));
        await lake.settle('prod', seen === 'seen' ? undefined : /^killed/);
      },
      900_000,
    );

    it.concurrent.each([
      ['a commit to a table', /\/events\.delta\/_delta_log\/\d{20}\.json/],
      ['a generation', /\/_boathouse\/catalog\/\d{20}\.json/],
    ])(
      'build on when one of them is cut off with the reply to %s, for a while',
      async (what, path) => {
        const name = `cut-${what.replaceAll(' ', '-')}`;
        const lake = await lakeIn(name);
        let isCut = false;
        let host: Host | undefined;
        host = await lake.hostNamed(name, (passing) => {
          if (isCut || passing.method !== 'PUT' || !path.test(passing.path)) return undefined;
          isCut = true;
          const strike = (): void => {
            host?.cut();
            setTimeout(() => host?.mend(), 3000);
          };
          return { kind: 'struck', strike };
        });
        await lake.land();
        await lake.build(host, 'cut');
        expect(isCut).toBe(true);
        expect(await lake.look()).toEqual({ run: 'cut', n: lake.rows });
        await lake.settle();
      },
      900_000,
    );

    it.concurrent('say so when they stay cut off, and nothing half is seen', async () => {
      const lake = await lakeIn('gone');
      let isCut = false;
      let host: Host | undefined;
      const strike = ({ method, path }: { method: string; path: string }): Trouble | undefined => {
        if (isCut || method !== 'PUT' || !/\/daily/.test(path)) return undefined;
        isCut = true;
        host?.cut();
        return { kind: 'lost-reply' };
      };
      host = await lake.hostNamed('gone', strike, 3);
      const { code, output } = await ended(host.start(...Lake.buildOf('gone')));
      expect([1, 2], output).toContain(code);
      expect(output).toMatch(/nothing listens|reached|unreachable|ECONNRESET|hang up/i);
      expect(output).not.toContain(store.secretAccessKey);
      expect((await lake.look()).run).toBe('first');
      await lake.settle();
    }, 900_000);

    it.concurrent.each([
      ['after', 'when the next one is through'],
      ['while', 'while the next one has its turn, which isn’t disturbed'],
    ])(
      'build on when one of them sleeps through its lease; it overwrites nothing when it wakes, %s: %s',
      async (when) => {
        const lake = await lakeIn(`sleeps-${when}`);
        const wakesLate = when === 'after';
        let sleeper: ReturnType<Host['start']> | undefined;
        let sleeps = false;
        const host = await lake.hostNamed('sleeper', ({ method, path }) => {
          // About to publish: everything is written, and its turn is about to be looked at.
          if (sleeps || method !== 'PUT' || !/\/_boathouse\/catalog\/files\//.test(path)) return undefined;
          sleeps = true;
          sleeper?.kill('SIGSTOP');
          return undefined;
        });
        sleeper = host.start(...Lake.buildOf('sleeper'));
        const end = ended(sleeper);
        await until(() => sleeps || sleeper?.exitCode !== null);
        expect(sleeps).toBe(true);
        // Whoever comes next waits until the lease has run out: the sleeper can't be asked.
        let isHeld = false;
        const other = await lake.hostNamed('other', ({ method, path }) => {
          if (wakesLate || isHeld || method !== 'PUT' || !/\/_boathouse\/catalog\/files\//.test(path))
            return undefined;
          isHeld = true;
          sleeper?.kill('SIGCONT');
          // The sleeper has all the time it needs to publish first, were it allowed to.
          return { kind: 'late', ms: 3000 };
        });
        const startMs = Date.now();
        await lake.build(other, 'other');
        expect(Date.now() - startMs).toBeGreaterThan(leaseSeconds * 1000);
        expect((await lake.look()).run).toBe('other');
        const generation = await lake.generation();
        sleeper.kill('SIGCONT');
        const { code, output } = await end;
        expect(code, output).not.toBe(0);
        expect(output).toMatch(/tables-prod\.duckdb was taken over by boathouse/);
        expect((await lake.look()).run).toBe('other');
        expect(await lake.generation()).toBe(generation);
        await lake.settle('prod', /^sleeper/);
      },
      900_000,
    );
  });
}

/** Fails by the test's own time limit when it never comes true. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((done) => setTimeout(done, 50));
}
