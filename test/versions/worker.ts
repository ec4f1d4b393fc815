/** A process that merges or rolls back, and is killed at one of its steps. */
import { mergeBranch, rollback } from '../../src/workflows/index.ts';

/** What it is told to do. */
export interface VersionsTask {
  readonly verb: 'merge' | 'rollback';
  readonly projectDir: string;
  /** The branch, or the generation to go back to. */
  readonly argument: string;
  /** Ends the process as `kill -9` does when that step is about to begin. */
  readonly killAt: string;
}

if (process.argv[2] !== undefined) {
  const task = JSON.parse(process.argv[2]) as VersionsTask;
  const onStep = (step: string): void => {
    if (step === task.killAt) process.kill(process.pid, 'SIGKILL');
  };
  const base = { projectDir: task.projectDir, logPath: null, onStep };
  if (task.verb === 'merge') await mergeBranch({ ...base, name: task.argument });
  else await rollback({ ...base, to: task.argument });
  console.log('ended');
  process.disconnect?.();
}
