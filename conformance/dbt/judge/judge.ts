/** Judges a project: dbt and Boathouse carry out its plan, each on a copy, and what they leave is compared. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from './differences.ts';
import { type Plan, planHash, readPlan } from './plan.ts';
import type { After, Program } from './recording.ts';
import { record } from './recording.ts';

/** What a judge needs. */
export interface Court {
  readonly dbt: () => Program;
  readonly boathouse: Program;
  /** Where dbt's answers are kept. */
  readonly cache: string;
  /** Which dbt answers: part of the key that its answers are kept by. */
  readonly versions: string;
}

/** What came out. */
export interface Verdict {
  /** Differences that nobody has said to be on purpose. */
  readonly differences: readonly string[];
  /** Differences that are listed as being on purpose, but aren't there. */
  readonly stale: readonly string[];
  readonly theirs: readonly After[];
  readonly ours: readonly After[];
}

/** Runs both programs on the project in `folder`, whose files stay as they are. */
export async function judge(folder: string, court: Court): Promise<Verdict> {
  const plan = readPlan(folder);
  const [theirs, ours] = await Promise.all([
    answersOfDbt(folder, plan, court),
    onCopy(folder, plan, court.boathouse),
  ]);
  const known = (plan.differs ?? []).map(([pattern]) => new RegExp(pattern));
  const commands = plan.steps.filter(({ run }) => run !== undefined);
  const refusals = theirs.filter(
    (after, index) => (after.code === 2) !== (commands[index]?.refused ?? false),
  );
  const found = [
    ...refusals.map((after) => `${after.command}: dbt itself ends with ${after.code}: ${after.tail}`),
    ...differences(theirs, ours),
  ];
  return {
    differences: found.filter((line) => !known.some((pattern) => pattern.test(line))),
    stale: known.filter((pattern) => !found.some((line) => pattern.test(line))).map(String),
    theirs,
    ours,
  };
}

async function answersOfDbt(folder: string, plan: Plan, court: Court): Promise<readonly After[]> {
  const file = join(court.cache, `${planHash(folder, plan, court.versions)}.json`);
  if (!existsSync(file)) {
    mkdirSync(court.cache, { recursive: true });
    writeFileSync(file, JSON.stringify(await onCopy(folder, plan, court.dbt())));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as readonly After[];
}

async function onCopy(folder: string, plan: Plan, program: Program): Promise<readonly After[]> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'boathouse-judge-')));
  try {
    const recorded = await record(folder, join(copy, 'project'), plan, program);
    // As dbt's answers come from a file: what JSON leaves out is left out here, too.
    return JSON.parse(JSON.stringify(recorded)) as readonly After[];
  } finally {
    if (process.env['BOATHOUSE_JUDGE_KEEP'] === undefined) rmSync(copy, { recursive: true, force: true });
    else process.stderr.write(`kept: ${copy}\n`);
  }
}
