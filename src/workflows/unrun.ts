/** Saying aloud what dbt's build would run and this one can't. */
import type { ResourceType } from '../compiler/index.ts';
import { plural } from '../runner/index.ts';
import type { RunOptions } from './options.ts';
import type { ProjectSession } from './project-session.ts';
import { selectIds } from './selection.ts';

const notRun: readonly ResourceType[] = ['function'];

/** Warns of selected resources that are part of dbt's build and are not run. */
export function reportUnrun(session: ProjectSession, options: RunOptions): void {
  const { manifest } = session.compilation;
  const there = notRun.filter((type) => countOf(manifest, type) > 0);
  if (there.length === 0) return;
  for (const type of there) {
    const count = selectIds({ ...session, warn: () => {} }, { ...options, resourceTypes: [type] }, [
      type,
    ]).length;
    if (count === 0) continue;
    const verb = count === 1 ? 'is' : 'are';
    session.warn({
      code: 'workflows.not-run',
      message: `${count} ${plural(type, count)} ${verb} selected and not run: not supported yet`,
    });
  }
}

function countOf(manifest: ProjectSession['compilation']['manifest'], type: ResourceType): number {
  switch (type) {
    case 'function':
      return Object.keys(manifest.functions).length;
    default:
      return 0;
  }
}
