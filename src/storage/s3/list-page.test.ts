import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanListPage } from './list-page.ts';
import { escapeXml, parsedListPage, parseListPage } from './replies.ts';

const page = (contents: string, more = '<IsTruncated>false</IsTruncated>'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>${more}${contents}</ListBucketResult>\n`;
const object = (key: string, rest = ''): string =>
  `<Contents><Key>${key}</Key><LastModified>2024-01-02T03:04:05.006Z</LastModified><ETag>&#34;e&#34;</ETag><Size>7</Size><Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass>${rest}</Contents>`;

describe('a page of a listing', () => {
  it('is looked through to what the parser finds', () => {
    const texts = fc.array(
      fc.record({ key: fc.string({ unit: 'grapheme' }), etag: fc.string(), sizeBytes: fc.nat() }),
    );
    fc.assert(
      fc.property(texts, fc.boolean(), fc.string(), (objects, isTruncated, token) => {
        const contents = objects.map(
          ({ key, etag, sizeBytes }) =>
            `<Contents><ETag>${escapeXml(etag)}</ETag><Key>${escapeXml(encodeURIComponent(key))}</Key><LastModified>2024-01-02T03:04:05Z</LastModified><Size>${sizeBytes}</Size></Contents>`,
        );
        const more = `<EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated><NextContinuationToken>${escapeXml(token)}</NextContinuationToken>`;
        const text = page(contents.join(''), more);
        expect(scanListPage(text)).toEqual(parsedListPage(text));
      }),
    );
  });

  it.each([
    ['a comment', page(`${object('a')}<!-- <Contents> -->`)],
    ['plain text in a section', page(object('<![CDATA[a&b]]>'))],
    ['attributes', page(`<Contents a="b"><Key>a</Key></Contents>${object('b')}`)],
    ['prefixes', page(object('a')).replaceAll(/<(\/?)(?=[A-Z])/g, '<$1s3:')],
    ['an object without an ETag', page(object('a').replace(/<ETag>.*<\/ETag>/, ''))],
    ['an entity of HTML', page(object('a&nbsp;b'))],
    ['an ampersand that begins nothing', page(object('a & b'))],
    ['a reply that was cut off', page(object('a')).slice(0, -30)],
    ['another document', '<Error><Code>AccessDenied</Code></Error>'],
  ])('with %s is left to the parser', (_, text) => {
    expect(scanListPage(text)).toBeUndefined();
  });

  it('is told as it is', () => {
    const text = page(
      object('a%2Fb+c&amp;d') + object('e'),
      '<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t&#x3D;</NextContinuationToken>',
    );
    const told = { sizeBytes: 7, modifiedMs: Date.UTC(2024, 0, 2, 3, 4, 5, 6), etag: 'e' };
    expect(parseListPage(new TextEncoder().encode(text))).toEqual({
      objects: [
        { key: 'a/b c&d', ...told },
        { key: 'e', ...told },
      ],
      next: 't=',
      isTruncated: true,
    });
  });

  it('that is empty, or none at all, is told apart', () => {
    expect(parseListPage(new TextEncoder().encode(page('')))).toEqual({
      objects: [],
      next: undefined,
      isTruncated: false,
    });
    expect(parseListPage(new TextEncoder().encode('<html></html>'))).toBeUndefined();
  });
});
