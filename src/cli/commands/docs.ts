/** `boathouse docs`: the project's documentation, as artifacts and as a site. */
import type { CommandGroup, CommandSpec } from '../command.ts';
import { refreshOptions, resourceTypeOptions, selectionOptions } from '../options.ts';

const generateCommand: CommandSpec = {
  name: 'docs generate',
  summary: 'Write manifest.json, catalog.json and the documentation site, target/index.html',
  options: [
    ...selectionOptions,
    ...resourceTypeOptions,
    ...refreshOptions,
    { flags: '--no-compile', summary: 'leave code as it is written, and compile nothing' },
    { flags: '--compile', summary: 'compile the selected nodes (default)', hidden: true },
    { flags: '--empty-catalog', summary: 'look at nothing in the target: types and comments stay unknown' },
    { flags: '--no-empty-catalog', summary: 'the opposite of --empty-catalog', hidden: true },
    { flags: '--static', summary: 'write the site as static_index.html, too' },
    { flags: '--no-static', summary: 'the opposite of --static', hidden: true },
  ],
  examples: ['boathouse docs generate', 'boathouse docs generate --select +daily_revenue'],
  load: async () => {
    const [{ docsGenerate }, { runGiven }, { printJsonLine }, { printError }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('../output/error-view.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const result = await docsGenerate({
        ...runGiven(input),
        compile: flags.is('compile'),
        emptyCatalog: flags.is('emptyCatalog'),
        static: flags.is('static'),
      });
      // As in dbt: what can't be compiled ends the command, what the catalog lacks is counted.
      const exitCode = result.catalogPath === undefined ? 2 : result.errors.length > 0 ? 1 : 0;
      input.deliver?.('docs generate', result);
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'docs generate', exitCode, ...result }, terminal);
        return exitCode;
      }
      if (flags.text('logFormat') === 'json') return exitCode;
      const view = { debug: flags.is('debug') === true, projectDir: flags.text('projectDir') };
      for (const { error } of result.results) if (error !== undefined) printError(error, terminal, view);
      return exitCode;
    };
  },
};

const serveCommand: CommandSpec = {
  name: 'docs serve',
  summary: 'Serve the documentation site that `docs generate` wrote',
  options: [
    { flags: '--port <port>', summary: 'port to listen on (default: 8080; 0 takes one that is free)' },
    {
      flags: '--host <host>',
      summary: 'address to listen on (default: 127.0.0.1, this machine alone)',
      env: 'HOST',
    },
    { flags: '--no-browser', summary: 'open no browser' },
    { flags: '--browser', summary: 'open a browser (default at a terminal)', hidden: true },
  ],
  examples: ['boathouse docs serve', 'boathouse docs serve --port 0 --no-browser'],
  stopsCleanly: true,
  load: async () => {
    const [{ docsServe }, { projectGiven }, { printJsonLine }, { parsePort }, { openBrowser }] =
      await Promise.all([
        import('../../workflows/index.ts'),
        import('../given.ts'),
        import('../output/json-lines.ts'),
        import('../flags.ts'),
        import('../output/open-browser.ts'),
      ]);
    return async (input) => {
      const { flags, terminal, signal } = input;
      const port = flags.text('port');
      const server = await docsServe({
        ...projectGiven(input),
        host: flags.text('host'),
        port: port === undefined ? undefined : parsePort('--port', port),
      });
      if (flags.is('json') === true) {
        printJsonLine(
          { kind: 'serving', command: 'docs serve', url: server.url, port: server.port },
          terminal,
        );
      } else terminal.out(`Serving the documentation at ${server.url}\nPress Ctrl+C to stop.\n`);
      const isAsked = flags.is('browser') ?? (terminal.isLive && flags.is('json') !== true);
      if (isAsked && terminal.isLive) openBrowser(server.url);
      await new Promise<void>((stopped) => {
        if (signal.aborted) stopped();
        else signal.addEventListener('abort', () => stopped(), { once: true });
      });
      await server.close();
      return 0;
    };
  },
};

/** The group. */
export const docsGroup: CommandGroup = {
  name: 'docs',
  summary: 'Documentation of the project, as a site',
  commands: [generateCommand, serveCommand],
  examples: ['boathouse docs generate', 'boathouse docs serve'],
};
