/** What a prompt is told beside SQL. */

/** A word for the prompt itself. */
export type PromptWord =
  | { readonly kind: 'quit' | 'refresh' }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'tables'; readonly pattern: string | undefined }
  | { readonly kind: 'describe'; readonly name: string }
  | { readonly kind: 'unknown'; readonly text: string };

const help = `  .tables [pattern]   the relations whose names are like it; also \\d, \\dt
  .describe <name>    the columns of a relation; also \\d <name>, .schema <name>
  .refresh            open what is published now
  .help               this; also \\?
  .quit               also \\q, .exit, Ctrl-D

A statement ends with a semicolon. Ctrl-C stops what runs. Settings and temporary tables stay until .refresh.
Delta tables are read and changed as by \`boathouse query\`.
`;

/** `line` as a word for the prompt; undefined when it is SQL. Pure. */
export function wordsForPrompt(line: string): PromptWord | undefined {
  const text = line.trim();
  if (/^(?:quit|exit)$/i.test(text)) return { kind: 'quit' };
  if (!/^[.\\]/.test(text)) return undefined;
  const [word = '', ...rest] = text.split(/\s+/);
  const name = rest.join(' ').replace(/;+$/, '');
  switch (word) {
    case '.quit':
    case '.exit':
    case '\\q':
      return { kind: 'quit' };
    case '.help':
    case '\\?':
      return { kind: 'help', text: help };
    case '.refresh':
      return { kind: 'refresh' };
    case '.describe':
    case '.schema':
    case '\\d':
      return name === '' ? { kind: 'tables', pattern: undefined } : { kind: 'describe', name };
    case '.tables':
    case '\\dt':
    case '\\dv':
      return { kind: 'tables', pattern: name === '' ? undefined : name };
    default:
      return { kind: 'unknown', text: word };
  }
}
