/** The warnings of `deps`, which --warn-error and its options turn into errors or silence. */
import { type SourceLocation, secrets, systemClock } from '../../base/index.ts';
import type { Pinned, ProjectWarning } from '../../project/index.ts';
import type { Emit } from '../../runner/index.ts';
import { Deprecations, summaryText } from '../deprecations.ts';
import { workflowErrors } from '../errors.ts';
import type { WarningRules } from '../warning-rules.ts';

/** Says each warning once. The functions throw workflows.warning-as-error where the rules say so. */
export interface Warner {
  found(warning: ProjectWarning): void;
  unpinned(pinned: Extract<Pinned, { kind: 'git' }>): void;
  scrubbed(name: string): void;
  redirected(from: string, to: string): void;
  /** Says how many deprecations there were of each kind, if there were any. */
  summary(): void;
}

interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Warnings by `rules`. @param showsAll every deprecation is told, not the first of each kind. */
export function warnerOf(rules: WarningRules, emit: Emit, showsAll: boolean): Warner {
  const said = new Set<string>();
  const deprecations = new Deprecations(showsAll);
  const warn = ({ code, message, hint, location, data }: Warning): void => {
    const verdict = rules.verdict(code);
    const text = secrets.scrub(message);
    if (verdict === 'silence') return;
    if (verdict === 'error') throw workflowErrors['warning-as-error']({ message: text }, { location });
    // dbt says what is wrong with a package as often as it looks at it.
    if (data !== undefined && said.has(text)) return;
    said.add(text);
    if (!deprecations.tells({ code })) return;
    emit({
      kind: 'message',
      atMs: systemClock.nowMs(),
      level: 'warn',
      text,
      printed: false,
      code,
      ...(data === undefined ? {} : { data }),
      ...(location === undefined ? {} : { location }),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  return {
    found: warn,
    unpinned: ({ url, revision }) => {
      const git = secrets.scrub(url);
      const how =
        revision === 'HEAD'
          ? 'not pinned, using HEAD (default branch)'
          : `pinned to the "${revision}" branch`;
      warn({
        code: 'workflows.package-unpinned',
        message: `The git package "${git}" is ${how}. What it holds may change at any time`,
        hint: 'Give it a `revision` that doesn’t move, or `warn-unpinned: false`.',
        data: { revision, git },
      });
    },
    scrubbed: (name) =>
      warn({
        code: 'workflows.package-scrubbed',
        message: `Detected secret env var in ${name}: the lock file has it masked, so that nothing can be installed from it`,
        hint: "Write the secret as {{ env_var('DBT_ENV_SECRET_…') }}: the lock file keeps that text.",
        data: { package_name: name },
      }),
    redirected: (from, to) =>
      warn({
        code: 'workflows.package-redirect',
        message: `The \`${from}\` package is deprecated in favor of \`${to}\``,
        hint: `Write \`package: ${to}\` in packages.yml.`,
        data: { old_name: from, new_name: to },
      }),
    summary: () => {
      const { summaries } = deprecations;
      if (summaries.length === 0) return;
      warn({
        code: 'workflows.deprecations',
        message: summaryText(summaries, showsAll),
        data: { summaries, show_all_hint: !showsAll },
      });
    },
  };
}
