/** `boathouse dev`. */
import type { DevUpdate, RunEvent } from '../../workflows/index.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { refreshOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const devCommand: CommandSpec = {
  name: 'dev',
  summary: 'Watch the project: errors, compiled SQL and first rows of the model last edited',
  options: [
    ...selectionOptions,
    ...refreshOptions,
    { flags: '--limit <rows>', summary: 'rows of the preview at most (default: 10)', type: 'count' },
    { flags: '--no-preview', summary: 'compile only, and run no query' },
    { flags: '--preview', summary: 'the opposite of --no-preview (default)', hidden: true },
  ],
  examples: ['boathouse dev', 'boathouse dev --select daily_revenue --limit 20'],
  endsUnread: true,
  stopsCleanly: true,
  load: async () => {
    const [{ dev }, { runGiven }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
    ]);
    return async (input) => {
      const { flags } = input;
      const stop = new AbortController();
      const onAbort = (): void => stop.abort();
      if (input.signal.aborted) stop.abort();
      input.signal.addEventListener('abort', onAbort, { once: true });
      const shows = await showsOf(input, stop);
      try {
        await dev({
          ...runGiven(input),
          emit: shows.event,
          limit: flags.number('limit'),
          preview: flags.is('preview'),
          signal: stop.signal,
          onUpdate: shows.update,
          onReady: shows.ready,
        });
      } finally {
        shows.close();
        input.signal.removeEventListener('abort', onAbort);
      }
      return 0;
    };
  },
};

/** Who shows what happens. */
interface Shows {
  update(update: DevUpdate): void;
  event(event: RunEvent): void;
  ready(again: () => void): void;
  close(): void;
}

async function showsOf(input: CommandInput, stop: AbortController): Promise<Shows> {
  const { flags, terminal } = input;
  if (flags.is('json') === true) return await jsonShows(input);
  if (terminal.isLive && process.stdin.isTTY === true) return await liveShows(input, stop);
  const { devLines } = await import('../output/dev-view.ts');
  let root = '';
  return {
    update: (update) => {
      if (update.kind === 'watching') root = update.root;
      devLines(update, terminal, root);
    },
    event: (event) => {
      if (event.kind === 'message' && event.level === 'warn') terminal.out(`warning: ${event.text}\n`);
    },
    ready: () => {},
    close: () => {},
  };
}

async function jsonShows({ terminal }: CommandInput): Promise<Shows> {
  const [{ printJsonLine }, { gridRowsJson, withMember }] = await Promise.all([
    import('../output/json-lines.ts'),
    import('../output/grid-json.ts'),
  ]);
  return {
    update: (update) => {
      if (update.kind !== 'preview') return printJsonLine(update, terminal);
      const { grid, ...more } = update;
      const head = JSON.stringify({ ...more, columns: grid.columns, truncated: grid.truncated });
      terminal.out(`${withMember(head, 'rows', gridRowsJson(grid))}\n`);
    },
    event: (event) => {
      if (event.kind === 'message' && event.level === 'warn') printJsonLine(event, terminal);
    },
    ready: () => {},
    close: () => {},
  };
}

/** A screen of its own, and keys: `r` looks again, `q` and Ctrl-C end. */
async function liveShows({ terminal }: CommandInput, stop: AbortController): Promise<Shows> {
  const { DevScreen } = await import('../output/dev-view.ts');
  const { stdin, stdout } = process;
  const screen = new DevScreen(terminal);
  let again: () => void = () => {};
  const onKey = (text: Buffer): void => {
    const key = text.toString('utf8');
    if (key === 'q' || key === '\u0003' || key === '\u0004') stop.abort();
    else if (key === 'r' || key === '\r') again();
  };
  const onResize = (): void => screen.draw();
  stdin.setRawMode(true);
  stdin.on('data', onKey);
  stdout.on('resize', onResize);
  return {
    update: (update) => screen.see(update),
    event: (event) => {
      if (event.kind === 'message' && event.level === 'warn') screen.warn(event.text);
    },
    ready: (look) => {
      again = look;
    },
    close: () => {
      stdin.off('data', onKey);
      stdout.off('resize', onResize);
      stdin.setRawMode(false);
      stdin.pause();
      screen.close();
    },
  };
}
