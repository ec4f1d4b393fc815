/** Nothing outlives a test that is killed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from './programs.ts';

let program: Program;
beforeAll(async () => {
  program = await Program.build(join(import.meta.dirname, 'watched.ts'));
});
afterAll(() => program?.remove());

describe('what a test began', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends when the test is ended by %s, frozen or not',
    async (how) => {
      const folder = mkdtempSync(join(tmpdir(), 'boathouse-watched-'));
      const bystander = spawn('sleep', ['600']);
      try {
        const pids: number[] = [];
        const { child } = program.start(
          { folder },
          {
            onLine: (line) => {
              pids.push(...(JSON.parse(line) as number[]));
              child.kill(how);
            },
          },
        );
        await new Promise((done) => child.once('close', done));
        expect(pids).toHaveLength(2);
        await until(() => pids.every((pid) => !isAlive(pid)) && !existsSync(folder));
        expect(bystander.exitCode).toBeNull();
      } finally {
        bystander.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

/** Fails by the test's own time limit when it never comes true. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setTimeout(done, 20));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
