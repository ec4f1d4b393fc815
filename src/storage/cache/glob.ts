/** DuckDB's patterns for files: `*`, `**`, `?`, `[…]`. Pure. */

/** Whether `path` is a pattern; a class of one special character only stands for it. */
export function hasGlob(path: string): boolean {
  return /[*?[]/.test(path.replace(/\[[*?[]\]/g, ''));
}

/** `path` with the special characters that were escaped as classes. */
export function unescapeGlob(path: string): string {
  return path.replace(/\[([*?[])\]/g, '$1');
}

/** The longest beginning of everything that fits. */
export function globPrefix(pattern: string): string {
  const end = pattern.search(/[*?[]/);
  return end < 0 ? pattern : pattern.slice(0, end);
}

/** What fits: `*` and `?` stay between two slashes, `**` as a whole name doesn't. */
export function globPattern(pattern: string): RegExp {
  const names = pattern.split('/');
  const parts = names.map((name, i) => {
    const isLast = i === names.length - 1;
    if (name === '**') return isLast ? '.*' : '(?:[^/]*/)*';
    return namePattern(name) + (isLast ? '' : '/');
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}

function namePattern(name: string): string {
  let out = '';
  for (let i = 0; i < name.length; i += 1) {
    const character = name.charAt(i);
    const [klass] = character === '[' ? (/^\[!?\]?[^\]]*\]/.exec(name.slice(i)) ?? []) : [];
    if (klass !== undefined) {
      const inside = klass.slice(1, -1).replace(/[\\\]^[]/g, '\\$&');
      out += inside.startsWith('!') ? `[^${inside.slice(1)}]` : `[${inside}]`;
      i += klass.length - 1;
    } else if (character === '*') out += '[^/]*';
    else if (character === '?') out += '[^/]';
    else out += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  return out;
}
