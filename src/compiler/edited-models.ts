/**
 * Edits that change nothing but a model's text.
 *
 * Most edits leave a model's `ref`, `source` and `config` calls alone. Then everything a parse finds is as it
 * was, but for the model's own code and checksum: they are put into the kept manifest where they stand, and
 * nothing else is read, parsed or written anew. Any other edit makes a parse necessary.
 */
import { hash } from 'node:crypto';
import { relative } from 'node:path';
import { secrets } from '../base/index.ts';
import type { FileEdit, InputRecord } from '../project/index.ts';
import type { KnownPackage } from './cache-file.ts';
import type { ManifestNode } from './manifest.ts';
import { staticCalls } from './static-calls.ts';

/**
 * `body`, with the texts that `edits` say its models have now; undefined when an edit may have changed more.
 *
 * @param body everything but the metadata, as `manifestBody` wrote it.
 */
export function withEditedModels(
  body: Uint8Array,
  packages: readonly KnownPackage[],
  edits: readonly FileEdit[],
): Uint8Array | undefined {
  let found = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (const edit of edits) {
    const next = withEdit(found, packages, edit);
    if (next === undefined) return undefined;
    found = next;
  }
  return found;
}

/** The key of a kept parse: what was set, and every byte that was read. */
export function parseKey(settings: string, files: InputRecord['files']): string {
  const rows = files.map(([path, sizeBytes, , , , sha256]) => `${path}\0${sizeBytes}\0${sha256}\n`);
  return hash('sha256', `${settings}\n${rows.join('')}`);
}

function withEdit(body: Buffer, packages: readonly KnownPackage[], edit: FileEdit): Buffer | undefined {
  const pkg = packages
    .filter(({ root }) => edit.path.startsWith(`${root}/`))
    .sort((a, b) => b.root.length - a.root.length)[0];
  const stem = /([^/]+)\.sql$/.exec(edit.path)?.[1];
  if (pkg === undefined || stem === undefined) return undefined;
  const place = placeOf(body, `model.${pkg.name}.${stem}`);
  if (place === undefined) return undefined;
  const node = JSON.parse(body.toString('utf8', place.start, place.end)) as ManifestNode;
  const isItsFile =
    node.resource_type === 'model' &&
    node.package_name === pkg.name &&
    node.original_file_path === relative(pkg.root, edit.path) &&
    node.checksum.name === 'sha256';
  if (!isItsFile) return undefined;
  const code = edit.text.trim();
  const quiet = new Set(pkg.quietMacros);
  const before = traceOf(node.raw_code, quiet);
  if (before === undefined || before !== traceOf(code, quiet)) return undefined;
  const { name } = node.checksum;
  const written = JSON.stringify({ ...node, raw_code: code, checksum: { name, checksum: edit.sha256 } });
  if (secrets.isIn(Buffer.from(written))) return undefined;
  return Buffer.concat([body.subarray(0, place.start), Buffer.from(written), body.subarray(place.end)]);
}

/** Everything that parsing finds in a text; undefined when it would have to be rendered. */
function traceOf(text: string, quiet: ReadonlySet<string>): string | undefined {
  const calls = staticCalls(text, (name) => quiet.has(name));
  if (calls === undefined) return undefined;
  const macros = new Set<string>();
  const own: unknown[] = [];
  for (const { name, args, kwargs } of calls) {
    if (quiet.has(name)) macros.add(name);
    else own.push([name, args, kwargs]);
  }
  return JSON.stringify([own, [...macros]], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** Where the object of a node stands in the body; undefined when that isn't plain to see. */
function placeOf(body: Buffer, uniqueId: string): { start: number; end: number } | undefined {
  const mark = `${JSON.stringify(uniqueId)}:{`;
  const at = body.indexOf(mark);
  if (at === -1 || body.includes(mark, at + 1)) return undefined;
  const start = at + Buffer.byteLength(mark) - 1;
  const end = endOfObject(body, start);
  return end === undefined ? undefined : { start, end };
}

/** The position behind the object that begins at `start`. */
function endOfObject(body: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) {
      at = endOfString(body, at);
      if (at === -1) return undefined;
    } else if (byte === open) depth += 1;
    else if (byte === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The position of the quote that ends the string beginning at `start`; -1 without one. */
function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(quote, start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (body[end - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = body.indexOf(quote, end + 1);
  }
  return -1;
}

const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;
