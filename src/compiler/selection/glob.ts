/** Shell patterns as Python's `fnmatch` and `pathlib` read them: dbt's selection uses both. */

/** Whether `text` matches the pattern: `*`, `?`, `[abc]`, `[!abc]`; `*` crosses every character. */
export function matchesGlob(text: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (!hasWildcard(pattern)) return text === pattern;
  return compile(pattern).test(text);
}

/** Whether `pattern` holds anything but plain characters. */
export function hasWildcard(pattern: string): boolean {
  return /[*?[\]]/.test(pattern);
}

/**
 * Whether `path` or a folder above it matches the pattern, in which `*` stays within a folder and `**`
 * stands for any number of folders.
 *
 * @param path relative, with `/`.
 */
export function matchesPath(path: string, pattern: string): boolean {
  const clean = pattern
    .replaceAll('\\', '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/\/{2,}/g, '/');
  if (clean === '' || clean === '.') return true;
  const steps = clean.split('/');
  const parts = path.split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    if (matchSteps(parts.slice(0, length), steps, 0, 0)) return true;
  }
  return false;
}

function matchSteps(parts: readonly string[], steps: readonly string[], part: number, step: number): boolean {
  const pattern = steps[step];
  if (pattern === undefined) return part === parts.length;
  if (pattern === '**') {
    for (let next = part; next <= parts.length; next += 1)
      if (matchSteps(parts, steps, next, step + 1)) return true;
    return false;
  }
  const name = parts[part];
  return name !== undefined && matchesGlob(name, pattern) && matchSteps(parts, steps, part + 1, step + 1);
}

const globs = new Map<string, RegExp>();
const cachedMax = 1000;

function compile(pattern: string): RegExp {
  const known = globs.get(pattern);
  if (known) return known;
  const compiled = new RegExp(`^${translate(pattern)}$`, 'su');
  if (globs.size >= cachedMax) globs.clear();
  globs.set(pattern, compiled);
  return compiled;
}

function translate(pattern: string): string {
  let out = '';
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i += 1) {
    const c = characters[i] ?? '';
    if (c === '*') out += '.*';
    else if (c === '?') out += '.';
    else if (c === '[') {
      // A bracket right behind the opening one, or behind `!`, is a member, not the end.
      const from = characters[i + 1] === '!' ? i + 3 : i + 2;
      const end = characters.indexOf(']', from);
      if (end === -1) out += '\\[';
      else {
        out += charClass(characters.slice(i + 1, end).join(''));
        i = end;
      }
    } else out += escapePlain(c);
  }
  return out;
}

function charClass(body: string): string {
  const isNegated = body.startsWith('!');
  const members = [...(isNegated ? body.slice(1) : body)];
  let out = '';
  for (let i = 0; i < members.length; i += 1) {
    const from = members[i] ?? '';
    const to = members[i + 2];
    if (members[i + 1] === '-' && to !== undefined) {
      // A range that runs backwards holds nothing.
      if (from <= to) out += `${escapeMember(from)}-${escapeMember(to)}`;
      i += 2;
    } else out += escapeMember(from);
  }
  if (out === '') return isNegated ? '[^]' : '[]';
  return `[${isNegated ? '^' : ''}${out}]`;
}

function escapeMember(c: string): string {
  return /[\\\]^[\-&~|]/.test(c) && c !== '&' && c !== '~' ? `\\${c}` : c;
}

function escapePlain(c: string): string {
  return /[.*+?^${}()|[\]\\/]/.test(c) ? `\\${c}` : c;
}
