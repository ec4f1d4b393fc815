/** What a store's XML says. Facts: Amazon S3's API reference. */
import { XMLParser } from 'fast-xml-parser';
import { type ListTexts, objectMembers, pageMembers, scanListPage } from './list-page.ts';

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly etag: string | undefined;
}

/** A page of ListObjectsV2. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** To be given for the next page; undefined on the last. */
  readonly next: string | undefined;
  readonly isTruncated: boolean;
}

/** A store's own words for a refusal. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly region: string | undefined;
}

/** The page in a reply; undefined when it isn't one. */
export function parseListPage(body: Uint8Array): ListPage | undefined {
  const text = new TextDecoder().decode(body);
  const { page, objects: found } = scanListPage(text) ?? parsedListPage(text) ?? {};
  if (page === undefined || found === undefined) return undefined;
  const isEncoded = page.EncodingType === 'url';
  const decode = (key: string): string => (isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
  const objects = found.map(({ Key, Size, LastModified, ETag }) => ({
    key: decode(Key ?? ''),
    sizeBytes: Number(Size ?? 0),
    modifiedMs: Date.parse(LastModified ?? '') || 0,
    etag: bareEtag(ETag),
  }));
  const isTruncated = page.IsTruncated === 'true';
  const next = isTruncated ? page.NextContinuationToken || undefined : undefined;
  return { objects, next, isTruncated };
}

/** The same as `scanListPage` by a parser of XML, for whatever a store sends. */
export function parsedListPage(text: string): ListTexts | undefined {
  const result = rootOf(text, 'ListBucketResult');
  if (result === undefined) return undefined;
  const members = <Name extends string>(
    element: Element,
    names: readonly Name[],
  ): Partial<Record<Name, string>> =>
    Object.fromEntries(names.map((name) => [name, textOf(element[name])])) as Partial<Record<Name, string>>;
  return {
    page: members(result, pageMembers),
    objects: items(result['Contents']).map((item) => members(item, objectMembers)),
  };
}

/** What a reply's body says was refused; undefined when it says nothing of the kind. */
export function parseRefusal(body: Uint8Array): Refusal | undefined {
  const error = root(body, 'Error');
  if (error === undefined) return undefined;
  return {
    code: textOf(error['Code']) ?? '',
    message: textOf(error['Message']) ?? '',
    region: textOf(error['Region']),
  };
}

/** The id of the upload that a reply says has begun. */
export function parseUploadId(body: Uint8Array): string | undefined {
  return textOf(root(body, 'InitiateMultipartUploadResult')?.['UploadId']);
}

/** The ETag of what was completed or copied, if the reply says that it was. */
export function parseResultEtag(body: Uint8Array, name: string): string | undefined {
  return bareEtag(textOf(root(body, name)?.['ETag']));
}

/** What DeleteObjects could not remove. */
export function parseDeleteErrors(
  body: Uint8Array,
): readonly { readonly key: string; readonly code: string; readonly message: string }[] | undefined {
  const result = root(body, 'DeleteResult');
  if (result === undefined) return undefined;
  return items(result['Error']).map((item) => ({
    key: textOf(item['Key']) ?? '',
    code: textOf(item['Code']) ?? '',
    message: textOf(item['Message']) ?? '',
  }));
}

/** Uploads that were begun and not ended, and where the next page of them begins. */
export interface UploadPage {
  readonly uploads: readonly { readonly key: string; readonly uploadId: string; readonly beganMs: number }[];
  readonly next: { readonly 'key-marker': string; readonly 'upload-id-marker': string } | undefined;
}

/** The page of ListMultipartUploads in a reply. */
export function parseUploads(body: Uint8Array): UploadPage {
  const result = root(body, 'ListMultipartUploadsResult');
  const uploads = items(result?.['Upload']).map((item) => ({
    key: textOf(item['Key']) ?? '',
    uploadId: textOf(item['UploadId']) ?? '',
    beganMs: Date.parse(textOf(item['Initiated']) ?? '') || 0,
  }));
  const key = textOf(result?.['NextKeyMarker']);
  const id = textOf(result?.['NextUploadIdMarker']);
  const isMore = textOf(result?.['IsTruncated']) === 'true' && key !== undefined && uploads.length > 0;
  return { uploads, next: isMore ? { 'key-marker': key, 'upload-id-marker': id ?? '' } : undefined };
}

/** An ETag without its quotes. */
export function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, '$1') || undefined;
}

/** Text for an XML element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Element = Readonly<Record<string, unknown>>;

// A key may look like a number or have spaces at its ends; a listing has more entities than a document's guard allows.
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  htmlEntities: true,
});

function root(body: Uint8Array, name: string): Element | undefined {
  return rootOf(new TextDecoder().decode(body), name);
}

function rootOf(text: string, name: string): Element | undefined {
  if (!text.includes('<')) return undefined;
  let document: unknown;
  try {
    document = parser.parse(text);
  } catch {
    return undefined;
  }
  const found = isElement(document) ? document[name] : undefined;
  if (found === '') return {};
  return isElement(found) ? found : undefined;
}

function items(value: unknown): readonly Element[] {
  if (Array.isArray(value)) return value.filter(isElement);
  return isElement(value) ? [value] : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
