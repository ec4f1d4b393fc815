/** The warnings of `deps`, which --warn-error and its options turn into errors or silence. */
import { secrets, systemClock } from '../../base/index.ts';
import type { Pinned, ProjectWarning } from '../../project/index.ts';
import type { Emit } from '../../runner/index.ts';
import { workflowErrors } from '../errors.ts';
import type { WarningRules } from '../warning-rules.ts';

/** Says each warning once. */
export interface Warner {
  found(warning: ProjectWarning): void;
  unpinned(pinned: Extract<Pinned, { kind: 'git' }>): void;
  scrubbed(name: string): void;
  redirected(from: string, to: string): void;
}

/** Warnings by `rules`. The functions throw workflows.warning-as-error. */
export function warnerOf(rules: WarningRules, emit: Emit): Warner {
  const said = new Set<string>();
  const warn = (
    code: string,
    name: string,
    text: string,
    data: Readonly<Record<string, unknown>>,
    hint?: string,
  ): void => {
    const verdict = rules.verdict(name);
    if (verdict === 'silence' || said.has(text)) return;
    said.add(text);
    const clean = secrets.scrub(text);
    if (verdict === 'error') throw workflowErrors['warning-as-error']({ message: clean });
    emit({
      kind: 'message',
      atMs: systemClock.nowMs(),
      level: 'warn',
      text: clean,
      printed: false,
      event: { code, name },
      data,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  return {
    found: ({ code, message, location, hint }) => {
      const verdict = rules.verdict(code);
      if (verdict === 'silence') return;
      if (verdict === 'error') throw workflowErrors['warning-as-error']({ message }, { location });
      emit({
        kind: 'message',
        atMs: systemClock.nowMs(),
        level: 'warn',
        text: message,
        printed: false,
        code,
        ...(location === undefined ? {} : { location }),
        ...(hint === undefined ? {} : { hint }),
      });
    },
    unpinned: ({ url, revision }) => {
      const git = secrets.scrub(url);
      const how =
        revision === 'HEAD'
          ? 'not pinned, using HEAD (default branch)'
          : `pinned to the "${revision}" branch`;
      warn(
        'M029',
        'DepsUnpinned',
        `The git package "${git}" \n\tis ${how}.\n\tThis can introduce breaking changes into your project without warning!`,
        { revision, git },
        'Give it a `revision` that doesn’t move, or `warn-unpinned: false`.',
      );
    },
    scrubbed: (name) =>
      warn(
        'M035',
        'DepsScrubbedPackageName',
        `Detected secret env var in ${name}. A scrubbed representation is written to the lock file, which can't be installed from without \`deps --upgrade\``,
        { package_name: name },
        "Write the secret as {{ env_var('DBT_ENV_SECRET_…') }}: the lock file keeps that text.",
      ),
    redirected: (from, to) =>
      warn(
        'D001',
        'PackageRedirectDeprecation',
        `The \`${from}\` package is deprecated in favor of \`${to}\`. Please update your \`packages.yml\` configuration to use \`${to}\` instead.`,
        { old_name: from, new_name: to },
      ),
  };
}
