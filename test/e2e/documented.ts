/**
 * What a page of documentation asks its reader to do, as steps that can be run.
 *
 * The words after a code block's language say what it is:
 *
 * - ```` ```sh run ````            commands to run
 * - ```` ```ts run ````            a program to check against the package's types and to run
 * - ```` ```yaml file=a/b.yml ```` a file to write (any language)
 * - ```` ```text output ````       lines that the step before prints, in this order; `…` stands for anything
 *
 * A comment `<!-- run` … `-->` holds commands that a reader has no need to see. Other blocks are only read.
 */

/** One thing to do, with the line of the page it stands on. */
export type Step =
  | { readonly kind: 'shell'; readonly text: string; readonly line: number; readonly output: string[] }
  | { readonly kind: 'program'; readonly text: string; readonly line: number; readonly output: string[] }
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly line: number };

/** The steps of a page, in its order. Pure. @throws when a block's words mean nothing. */
export function readSteps(page: string): readonly Step[] {
  const steps: Step[] = [];
  for (const block of blocksOf(page)) {
    const [language = '', word = '', ...more] = block.info.split(/\s+/);
    const { text, line } = block;
    const file = /^file=(\S+)$/.exec(word)?.[1];
    if (more.length > 0) throw new Error(`line ${line}: '${block.info}' has too many words`);
    if (file !== undefined) steps.push({ kind: 'file', path: file, text, line });
    else if (word === 'run' && language === 'sh') steps.push({ kind: 'shell', text, line, output: [] });
    else if (word === 'run' && language === 'ts') steps.push({ kind: 'program', text, line, output: [] });
    else if (word === 'output') {
      const before = steps.at(-1);
      if (before === undefined || before.kind === 'file')
        throw new Error(`line ${line}: nothing before prints this`);
      before.output.push(...text.split('\n').filter((wanted) => wanted.trim() !== ''));
    } else if (word !== '') throw new Error(`line ${line}: '${block.info}' means nothing here`);
  }
  return steps;
}

/** The first line of `wanted` that `printed` doesn't have where it should be; undefined when all are there. Pure. */
export function missingLine(printed: string, wanted: readonly string[]): string | undefined {
  const lines = printed.split('\n').map(squeeze);
  let from = 0;
  for (const want of wanted) {
    const pattern = new RegExp(
      `^${squeeze(want)
        .split('…')
        .map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
        .join('.*')}$`,
    );
    const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
    if (at === -1) return want;
    from = at + 1;
  }
  return undefined;
}

/** Columns are aligned by what else is printed, and times vary in width: how much space there is doesn't count. */
function squeeze(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

interface Block {
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

function* blocksOf(page: string): Generator<Block> {
  const lines = page.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const fence = /^(```+|~~~+)(.*)$/.exec(lines[i] ?? '');
    const hidden = lines[i] === '<!-- run';
    if (!fence && !hidden) continue;
    const closing = fence?.[1] ?? '-->';
    const start = i + 1;
    do i += 1;
    while (i < lines.length && lines[i] !== closing);
    const text = `${lines.slice(start, i).join('\n')}\n`;
    yield { info: hidden ? 'sh run' : (fence?.[2] ?? '').trim(), text, line: start };
  }
}
