/** Text that comes in pieces, line by line. */

/** Lines held before they are told, however long one is. */
const lineMax = 64 * 1024;

/** Tells `say` each line of what is pushed; the last one at the end. */
export function splitLines(say: (line: string) => void): {
  readonly push: (piece: string) => void;
  readonly end: () => void;
} {
  let rest = '';
  return {
    push: (piece) => {
      const lines = (rest + piece).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) say(line);
      if (rest.length > lineMax) {
        say(rest);
        rest = '';
      }
    },
    end: () => {
      if (rest !== '') say(rest);
      rest = '';
    },
  };
}
