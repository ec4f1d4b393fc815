/**
 * The checksum of `_last_checkpoint`: MD5 of its canonical form, which keeps numbers as they are spelled.
 *
 * Source: Delta protocol, "JSON checksum". Pure.
 */
import { createHash } from 'node:crypto';

/**
 * The canonical form of the JSON object `text`, without its top-level member `checksum`; undefined when the
 * text is no JSON object, or has a member twice.
 */
export function canonicalJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = text.match(token) ?? [];
  const pairs: { path: string; value: string }[] = [];
  const seen = new Set<string>();
  let at = 0;
  // The text is JSON already, so what follows what is known.
  const walk = (path: string): boolean => {
    const first = tokens[at++] as string;
    if (first !== '{' && first !== '[') {
      pairs.push({ path, value: first.startsWith('"') ? quoted(first) : first });
      return true;
    }
    const close = first === '{' ? '}' : ']';
    for (let index = 0; tokens[at] !== close; index += 1) {
      const name = first === '[' ? String(index) : quoted(tokens[at] as string);
      if (first === '{') at += 2;
      const member = path === '' ? name : `${path}+${name}`;
      if (seen.has(member)) return false;
      seen.add(member);
      if (!walk(member)) return false;
      if (tokens[at] === ',') at += 1;
    }
    at += 1;
    return true;
  };
  if (tokens[0] !== '{' || !walk('')) return undefined;
  return pairs
    .filter(({ path }) => path !== '"checksum"' && !path.startsWith('"checksum"+'))
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map(({ path, value }) => `${path}=${value}`)
    .join(',');
}

/** The checksum of the JSON object `text`; undefined where it has no canonical form. */
export function jsonChecksum(text: string): string | undefined {
  const canonical = canonicalJson(text);
  return canonical === undefined ? undefined : createHash('md5').update(canonical).digest('hex');
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** The text of a JSON string, every octet but unreserved ones as `%XX`, in quotes again. */
function quoted(string: string): string {
  const octets = encodeURIComponent(JSON.parse(string) as string);
  return `"${octets.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}"`;
}
