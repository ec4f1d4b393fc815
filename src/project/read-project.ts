/** Reading a whole project: settings, profile, packages and files. */
import { BugError } from '../base/index.ts';
import type { Project } from './project.ts';
import type { PlainDict } from './yaml-value.ts';

/** Where a project is and what the command line says about it. */
export interface ReadProjectOptions {
  readonly projectDir: string;
  /** Folder of profiles.yml. Else DBT_PROFILES_DIR, the project's folder, `~/.dbt`. */
  readonly profilesDir?: string | undefined;
  /** Instead of dbt_project.yml's `profile`. */
  readonly profile?: string | undefined;
  /** Instead of the profile's `target`. */
  readonly target?: string | undefined;
  /** Instead of the target's `threads`. */
  readonly threads?: number | undefined;
  /** From `--vars`; `parseVars` reads their text. */
  readonly vars?: PlainDict | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home, for `~/.dbt`; the machine's unless given. */
  readonly homeDir?: string | undefined;
  /** `--no-version-check`: require-dbt-version isn't looked at. */
  readonly ignoreVersion?: boolean | undefined;
}

/**
 * The project in `options.projectDir` with everything that a compile needs.
 *
 * @throws project.not-a-project, project.bad-yaml, project.bad-value and the rest of this layer's codes.
 */
export async function readProject(_options: ReadProjectOptions): Promise<Project> {
  throw new BugError('reading a project lands with the next commit');
}
