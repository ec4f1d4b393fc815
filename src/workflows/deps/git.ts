/**
 * Checking out a package's repository with the user's own git: its credentials, proxies and settings count.
 *
 * One commit is fetched, not the history. The URL, which may hold a secret, is handed over in the
 * environment: command lines are seen by everybody on the machine.
 */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest, secrets } from '../../base/index.ts';
import { depsErrors } from './errors.ts';
import type { Say } from './say.ts';

/** What to check out, and where. */
export interface Checkout {
  readonly url: string;
  /** A branch, a tag, forty digits of a commit, or `HEAD`. */
  readonly revision: string;
  readonly subdirectory: string | undefined;
  /** Made, and left with the files alone: no `.git`. */
  readonly folder: string;
}

/** What running git depends on. */
export interface GitOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly say: Say;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks out one revision.
 *
 * A tag wins over a branch of the same name, as in dbt.
 *
 * @returns the commit.
 * @throws workflows.git-missing, workflows.git-failed, workflows.no-revision
 */
export async function checkOut(checkout: Checkout, options: GitOptions): Promise<string> {
  const { revision, folder, subdirectory } = checkout;
  // A relative path of a repository is meant from the project's folder.
  const url = /^\.{1,2}(?:\/|$)/.test(checkout.url) ? join(options.cwd, checkout.url) : checkout.url;
  const shown = withoutLogin(url);
  const git = (...args: string[]): Promise<string> =>
    runGit(args, { ...options, url, folder, shown, revision });
  await mkdir(folder, { recursive: true });
  await git('init', '--quiet');
  if (subdirectory !== undefined) {
    const text = `Subdirectory specified: ${subdirectory}, using sparse checkout.`;
    options.say('debug', 'M001', 'GitSparseCheckoutSubdirectory', text, { subdir: subdirectory });
    await git('sparse-checkout', 'set', '--', subdirectory);
  }
  options.say('debug', 'M002', 'GitProgressCheckoutRevision', `Checking out revision ${revision}.`, {
    revision,
  });
  await fetchRevision(revision, subdirectory !== undefined, shown, git);
  await git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
  const commit = (await git('rev-parse', 'HEAD')).trim();
  const short = commit.slice(0, 7);
  options.say('debug', 'M007', 'GitProgressCheckedOutAt', `Checked out at ${short}.`, { end_sha: short });
  await rm(join(folder, '.git'), { recursive: true, force: true });
  return commit;
}

type Git = (...args: string[]) => Promise<string>;

async function fetchRevision(revision: string, isSparse: boolean, shown: string, git: Git): Promise<void> {
  const shallow = async (what: string): Promise<void> => {
    const filter = isSparse ? ['--filter=blob:none'] : [];
    await git('fetch', '--quiet', '--depth', '1', '--no-tags', ...filter, 'origin', what);
  };
  if (/^[0-9a-f]{40}$/.test(revision)) {
    try {
      await shallow(revision);
    } catch {
      // Not every server gives a commit by its number: then the history is looked through.
      await git('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*');
      const known = await git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`).catch(() => '');
      if (known === '') throw depsErrors['no-revision']({ repository: shown, revision, near: [] });
      await git('fetch', '--quiet', '.', revision);
    }
    return;
  }
  const refs = (await git('ls-remote', 'origin')).split('\n').map((line) => line.split('\t')[1] ?? '');
  const wanted = ['HEAD', `refs/tags/${revision}`, `refs/heads/${revision}`].find((ref) =>
    ref === 'HEAD' ? revision === 'HEAD' : refs.includes(ref),
  );
  if (wanted === undefined || !refs.includes(wanted)) {
    const names = refs.flatMap((ref) => /^refs\/(?:tags|heads)\/(.+?)(?:\^\{\})?$/.exec(ref)?.[1] ?? []);
    const near = nearest(revision, names);
    throw depsErrors['no-revision']({ repository: shown, revision, near: near === undefined ? [] : [near] });
  }
  try {
    await shallow(wanted);
  } catch {
    // A server of plain files has no short histories.
    await git('fetch', '--quiet', '--no-tags', 'origin', wanted);
  }
}

interface Run extends GitOptions {
  readonly url: string;
  readonly folder: string;
  readonly shown: string;
  readonly revision: string;
}

/** What git prints on standard output. Without a terminal it never asks for a password. */
function runGit(args: readonly string[], run: Run): Promise<string> {
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...inherited } = run.env;
  const settings: readonly (readonly [string, string])[] = [
    ['remote.origin.url', run.url],
    ['core.hooksPath', '/dev/null'],
    ['advice.detachedHead', 'false'],
    ['submodule.recurse', 'false'],
  ];
  const env: Record<string, string | undefined> = {
    GIT_TERMINAL_PROMPT: '0',
    ...inherited,
    LC_ALL: 'C',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
  run.say('debug', 'Z017', 'SystemExecutingCmd', `Executing "git ${args.join(' ')}"`, {
    cmd: ['git', ...args],
  });
  return new Promise((done, fail) => {
    const child = spawn('git', args, {
      cwd: run.folder,
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: run.signal,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (cause) => {
      fail('code' in cause && cause.code === 'ENOENT' ? depsErrors['git-missing']({}, { cause }) : cause);
    });
    child.on('close', (code) => {
      if (code === 0) return done(Buffer.concat(out).toString('utf8'));
      const problem = secrets.scrub(withoutLogin(Buffer.concat(err).toString('utf8').trim()));
      const { shown, revision } = run;
      fail(
        depsErrors['git-failed']({
          repository: shown,
          revision,
          problem: problem || `git ended with ${code}`,
        }),
      );
    });
  });
}

/** Text without the logins of URLs in it; they are masked from now on. */
function withoutLogin(text: string): string {
  return secrets.scrub(
    text.replace(/([a-z][a-z0-9+.-]*:\/\/)([^/@\s']+)@/gi, (whole, scheme: string, login: string) => {
      // `git@` and the like is a user's name and no secret.
      if (!login.includes(':') && !/^https?:/i.test(scheme)) return whole;
      for (const part of login.split(':').slice(-1)) secrets.add(decodeURIComponent(part));
      return scheme;
    }),
  );
}
