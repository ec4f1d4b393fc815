/**
 * The manifest as text. Its body, everything but `metadata`, is what the parse cache keeps, so that an
 * unchanged project's manifest can be written again without being read.
 */
import { Float } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Manifest, Plain } from './manifest.ts';

/**
 * Everything but the metadata, as JSON without its opening brace. Whole floats, which JSON can't tell
 * from integers, are marked; `manifestText` and `readManifestBody` know the mark.
 */
export function manifestBody(manifest: Manifest): string {
  const { metadata: _, ...rest } = manifest;
  return JSON.stringify(rest, replacer).slice(1);
}

/** `manifest.json`, from its metadata and body. */
export function manifestText(metadata: Plain, body: string): string {
  const plainBody = body.includes(mark) ? body.replaceAll(markedFloat, '$1.0') : body;
  return `{"metadata":${JSON.stringify(metadata)},${plainBody}`;
}

/** The manifest whose body `manifestBody` gave. */
export function readManifestBody(metadata: Plain, body: string): Manifest {
  const rest = JSON.parse(`{${body}`) as Omit<Manifest, 'metadata'>;
  if (body.includes(mark)) revive(rest as unknown as Plain);
  return { metadata, ...rest };
}

const mark = '\\u0000float:';
const markedFloat = /"\\u0000float:(-?\d+)"/g;

function replacer(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'bigint') return value;
  if (value instanceof Float) return `\0float:${value.value}`;
  return typeof value === 'bigint' ? Number(value) : value;
}

function revive(holder: unknown[] | Plain): void {
  for (const [key, value] of Object.entries(holder)) {
    if (typeof value === 'string' && value.startsWith('\0float:')) {
      (holder as Plain)[key] = new Float(Number(value.slice('\0float:'.length)));
    } else if (Array.isArray(value) || isPlainDict(value)) revive(value);
  }
}
