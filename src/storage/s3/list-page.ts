/**
 * A page of a listing, looked through for its few members: a thousand objects take a parser of XML tens of
 * milliseconds, as long as the store takes for them. What isn't plain as stores send it is left to the parser.
 */

/** Members of an object in a listing. */
export const objectMembers = ['Key', 'Size', 'LastModified', 'ETag'] as const;

/** Members of the page itself. */
export const pageMembers = ['EncodingType', 'IsTruncated', 'NextContinuationToken'] as const;

/** What a page says, as text. */
export interface ListTexts {
  readonly page: MemberTexts<(typeof pageMembers)[number]>;
  readonly objects: readonly MemberTexts<(typeof objectMembers)[number]>[];
}

type MemberTexts<Name extends string> = { readonly [name in Name]?: string | undefined };

/** The texts of a page; undefined when the parser has to look at it. Pure. */
export function scanListPage(text: string): ListTexts | undefined {
  // Comments, sections of plain text, declarations and instructions within the document.
  if (text.includes('<!') || text.includes('<?', 2) || !/<\/ListBucketResult>\s*$/.test(text))
    return undefined;
  const objects: MemberTexts<(typeof objectMembers)[number]>[] = [];
  let outside = '';
  let end = 0;
  for (let start = text.indexOf(open); start >= 0; start = text.indexOf(open, end)) {
    outside += text.slice(end, start);
    end = text.indexOf(close, start);
    if (end < 0) return undefined;
    const object = membersOf(text.slice(start + open.length, end), objectMembers);
    if (object === undefined || objectMembers.some((name) => object[name] === undefined)) return undefined;
    objects.push(object);
    end += close.length;
  }
  outside += text.slice(end);
  // Spelled otherwise, and so overlooked.
  if (outside.includes('Contents') || outside.includes('<IsTruncated ') || outside.includes('<EncodingType '))
    return undefined;
  const page = membersOf(outside, pageMembers);
  return page?.IsTruncated === undefined ? undefined : { page, objects };
}

function membersOf<Name extends string>(text: string, names: readonly Name[]): MemberTexts<Name> | undefined {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const start = text.indexOf(`<${name}>`);
    if (start < 0) continue;
    const end = text.indexOf(`</${name}>`, start);
    const value = end < 0 ? undefined : unescaped(text.slice(start + name.length + 2, end));
    if (value === undefined) return undefined;
    found[name] = value;
  }
  return found;
}

/** Text without its entities; undefined when one isn't known, or when it isn't only text. */
function unescaped(text: string): string | undefined {
  if (text.includes('<')) return undefined;
  if (!text.includes('&')) return text;
  if (!plainEntities.test(text)) return undefined;
  return text.replace(
    /&(?:#(\d+)|#x([\da-fA-F]+)|(\w+));/g,
    (_all, tens: string | undefined, hex: string | undefined, name: string) =>
      tens === undefined && hex === undefined
        ? (entities[name] ?? '')
        : String.fromCodePoint(tens === undefined ? Number.parseInt(hex ?? '', 16) : Number(tens)),
  );
}

const plainEntities = /^[^&]*(?:&(?:#\d{1,6}|#x[\da-fA-F]{1,5}|amp|lt|gt|quot|apos);[^&]*)*$/;
const open = '<Contents>';
const close = '</Contents>';
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
