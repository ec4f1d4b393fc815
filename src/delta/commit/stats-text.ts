/**
 * Statistics as the log spells them, looked at and changed without reading them whole: their numbers may
 * have more digits than ours keep. Pure.
 */
import { type Json, parseJson } from '../../base/index.ts';

/** How many rows the statistics say are in the file; undefined when they don't. */
export function rowCountOf(stats: string | undefined): number | undefined {
  if (stats === undefined) return undefined;
  let body: Json;
  try {
    body = parseJson(stats);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const rows = (body as Readonly<Record<string, Json>>)['numRecords'];
  return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? rows : undefined;
}

/** The statistics of the same file once some of its rows are deleted: its bounds may no longer be met. */
export function withWideBounds(stats: string | undefined, rowCount: number): string {
  const open = stats?.indexOf('{') ?? -1;
  if (stats === undefined || open < 0 || rowCountOf(stats) === undefined) {
    return `{"numRecords":${rowCount},"tightBounds":false}`;
  }
  const value = valueOfMember(stats, 'tightBounds');
  if (value !== undefined) return `${stats.slice(0, value.start)}false${stats.slice(value.end)}`;
  return `${stats.slice(0, open + 1)}"tightBounds":false,${stats.slice(open + 1)}`;
}

/** Where the value of the outermost object's member `name` stands, when it is a word or a number. */
function valueOfMember(text: string, name: string): { start: number; end: number } | undefined {
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '{' || found === '[') depth += 1;
    else if (found === '}' || found === ']') depth -= 1;
    else if (depth === 1 && found === `"${name}"`) {
      const value = /\s*:\s*([a-z0-9.+-]+)/iy;
      value.lastIndex = token.lastIndex;
      const word = value.exec(text)?.[1];
      if (word !== undefined) return { start: value.lastIndex - word.length, end: value.lastIndex };
    }
  }
  return undefined;
}
