/** `boathouse diff`. */
import type { CommandInput, CommandSpec } from '../command.ts';

/** The command's description and work. */
export const diffCommand: CommandSpec = {
  name: 'diff',
  summary: 'What differs between two versions of the lake: relations, columns, rows',
  arguments: [
    { name: '<a>', summary: 'a generation of `boathouse log`, or a time' },
    { name: '[b]', summary: 'another (default: the newest)' },
  ],
  options: [
    { flags: '--rows', summary: 'rows that differ, too' },
    { flags: '--key <columns>', summary: 'columns by which rows belong together, with commas between' },
    {
      flags: '--limit <rows>',
      summary: 'rows of each relation at most (default: 20; -1: all)',
      type: 'number',
    },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
  ],
  examples: ['boathouse diff 11 12', 'boathouse diff 2026-01-31 --rows --key id'],
  endsUnread: true,
  load: async () => (input) => runDiff(input, { a: input.args[0] ?? '', b: input.args[1] }),
};

/** Prints how two versions differ. */
export async function runDiff(
  input: CommandInput,
  which: { readonly a: string; readonly b: string | undefined } | { readonly branchName: string },
): Promise<number> {
  const [{ lakeDiff }, { projectGiven }] = await Promise.all([
    import('../../workflows/index.ts'),
    import('../given.ts'),
  ]);
  const { flags, terminal } = input;
  const limit = flags.number('limit') ?? 20;
  const key = flags.text('key');
  const told = await lakeDiff({
    ...projectGiven(input),
    catalog: flags.text('catalog'),
    ...which,
    rows: flags.is('rows') === true || key !== undefined,
    key: key
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    limit: limit < 0 ? Number.MAX_SAFE_INTEGER : limit,
  });
  if (flags.is('json') === true) {
    const { printJsonLine } = await import('../output/json-lines.ts');
    const relations = told.relations.map(({ rows, ...rest }) => ({
      ...rest,
      ...(rows === undefined
        ? {}
        : {
            rows: rows.rows.map((row) =>
              Object.fromEntries(rows.columns.map(({ name }, i) => [name, row[i]?.text ?? null])),
            ),
            truncated: rows.truncated,
          }),
    }));
    printJsonLine({ kind: 'result', command: 'diff', exitCode: 0, ...told, relations }, terminal);
    return 0;
  }
  const { printDiff } = await import('../output/diff-view.ts');
  await terminal.data(printDiff(told, terminal));
  return 0;
}
