/** The calls in a statement that read files: `read_parquet([…], …)` and its kin. Pure. */

/** One call, as it is written. */
export interface FileCall {
  /** In lower case. */
  readonly name: string;
  readonly text: string;
  /** What stands between its brackets. */
  readonly argumentsText: string;
  /** The names of its named arguments, in lower case. */
  readonly options: readonly string[];
}

/** Whether `sql` names something in a bucket. */
export function namesBucket(sql: string): boolean {
  return /\bs3[an]?:\/\//i.test(sql);
}

/** Every call of a function that reads files in `sql`, outside of texts and comments, from the first on. */
export function fileCalls(sql: string): readonly FileCall[] {
  const calls: FileCall[] = [];
  for (const { index } of sql.matchAll(call)) {
    const [opening = ''] = new RegExp(call.source, 'iy').exec(sql.slice(index)) ?? [];
    if (isInText(sql, index)) continue;
    const start = index + opening.length;
    const end = closingOf(sql, start);
    if (end === undefined) continue;
    const argumentsText = sql.slice(start, end);
    calls.push({
      name: opening.replace(/\s*\($/, '').toLowerCase(),
      text: sql.slice(index, end + 1),
      argumentsText,
      options: optionsIn(argumentsText),
    });
  }
  return calls;
}

const call =
  /\b(?:read_parquet|parquet_scan|read_csv_auto|read_csv|read_json_auto|read_json_objects_auto|read_json_objects|read_json|read_ndjson_auto|read_ndjson_objects|read_ndjson|read_text|read_blob)\s*\(/gi;

/** One piece of SQL that brackets don't count in, or one character. */
const piece = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|[\s\S]/gy;

function isInText(sql: string, index: number): boolean {
  piece.lastIndex = 0;
  for (let match = piece.exec(sql); match !== null; match = piece.exec(sql)) {
    if (match.index === index) return false;
    if (piece.lastIndex > index) return true;
  }
  return true;
}

/** Where the bracket closes that opens right before `start`. */
function closingOf(sql: string, start: number): number | undefined {
  let depth = 1;
  piece.lastIndex = start;
  for (let match = piece.exec(sql); match !== null; match = piece.exec(sql)) {
    const [text] = match;
    if (text === '(' || text === '[' || text === '{') depth += 1;
    if (text === ')' || text === ']' || text === '}') depth -= 1;
    if (depth === 0) return match.index;
  }
  return undefined;
}

/** Names before `=`, `:=` or `=>` at the top of a list of arguments. DuckDB prints them in brackets of their own. */
function optionsIn(argumentsText: string): readonly string[] {
  const names: string[] = [];
  let depth = 0;
  let argument = '';
  const finish = (): void => {
    const [, name] = /^\s*\(?\s*"?(\w+)"?\s*(?::=|=>|=(?!=))/.exec(argument) ?? [];
    if (name !== undefined) names.push(name.toLowerCase());
    argument = '';
  };
  piece.lastIndex = 0;
  for (let match = piece.exec(argumentsText); match !== null; match = piece.exec(argumentsText)) {
    const [text] = match;
    if (text === ',' && depth === 0) {
      finish();
      continue;
    }
    if (text === '(' || text === '[' || text === '{') depth += 1;
    if (text === ')' || text === ']' || text === '}') depth -= 1;
    if (argument.length < 200) argument += text;
  }
  finish();
  return names;
}
