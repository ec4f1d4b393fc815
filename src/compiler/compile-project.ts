/** dbt's parse: from a project's files to its manifest and graph. */
import type { Project } from '../project/index.ts';
import type { Compilation } from './compilation.ts';
import type { Invocation } from './invocation.ts';

/** How to parse. */
export interface CompileOptions {
  readonly invocation: Invocation;
  /** Absolute path of `target/`. The parse cache is kept there. */
  readonly targetPath: string;
  /** Whether an earlier parse may be reused. True unless given. */
  readonly partialParse?: boolean;
}

/** The signature of `compileProject`. */
export type CompileProject = (project: Project, options: CompileOptions) => Promise<Compilation>;
