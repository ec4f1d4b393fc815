/** Where landed rows come from: names, first bytes, downloads, standard input. */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { tablesErrors } from '../errors.ts';

/** The formats that can be landed. */
export type FileFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

/** The format a file's name says, behind a compression's ending too; undefined when it says none. Pure. */
export function formatOfName(name: string): FileFormat | undefined {
  const plain = name.replace(/\.(?:gz|gzip|zst|zstd|bz2)$/i, '');
  const ending = /\.([A-Za-z0-9]+)$/.exec(plain)?.[1]?.toLowerCase();
  return ending === undefined ? undefined : formats[ending];
}

const formats: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  txt: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
  pq: 'parquet',
};

/** The format that a file's first bytes show: Parquet by its mark, JSON by its bracket, else CSV. */
export async function sniffFormat(file: string): Promise<FileFormat> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    const text = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    if (text.startsWith('PAR1')) return 'parquet';
    return /^\s*[[{]/.test(text) ? 'json' : 'csv';
  } finally {
    await handle.close();
  }
}

/** Everything `input` gives, as a file in `folder`. Bounded memory. */
export async function spool(input: Readable, folder: string): Promise<string> {
  const file = path.join(folder, 'input');
  await pipeline(input, createWriteStream(file));
  return file;
}

/**
 * The file behind `url`, copied into `folder`, and the format that its name or content type says.
 *
 * @throws tables.download-failed
 */
export async function download(
  url: string,
  folder: string,
  fetcher: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<{ file: string; format: FileFormat | undefined }> {
  let response: Response;
  try {
    response = await fetcher(url, signal === undefined ? {} : { signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw tablesErrors['download-failed'](
      { url, problem: String((cause as Error).message) },
      { cause: error },
    );
  }
  if (!response.ok || response.body === null) {
    throw tablesErrors['download-failed']({
      url,
      problem: `${response.status} ${response.statusText}`.trim(),
    });
  }
  const name = path.posix.basename(new URL(url).pathname) || 'download';
  const file = path.join(folder, name.replace(/[^\w.-]/g, '_'));
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file));
  } catch (error) {
    throw tablesErrors['download-failed']({ url, problem: (error as Error).message }, { cause: error });
  }
  return { file, format: formatOfName(name) ?? formatOfType(response.headers.get('content-type') ?? '') };
}

function formatOfType(type: string): FileFormat | undefined {
  if (/ndjson|jsonl|json-seq|jsonlines/i.test(type)) return 'ndjson';
  if (/json/i.test(type)) return 'json';
  if (/csv|tab-separated/i.test(type)) return 'csv';
  return /parquet/i.test(type) ? 'parquet' : undefined;
}
