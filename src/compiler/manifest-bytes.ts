/** The manifest's file, put together from its metadata and a body that may come from an earlier parse. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, secrets } from '../base/index.ts';
import type { Manifest, Plain } from './manifest.ts';
import { emptySemanticManifestText, semanticManifestText } from './semantic/semantic-manifest.ts';

/** How `manifestBody` marks a number that JSON.parse would not give back as it was. */
export const numberMark = '\\u0000float:';

const markedNumber = /"\\u0000float:(-?\d+(?:\.0)?)"/g;

/** `manifest.json`, from its metadata and body. */
export function manifestText(metadata: Plain, body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const rest = bytes.includes(numberMark)
    ? Buffer.from(bytes.toString().replaceAll(markedNumber, '$1'))
    : bytes;
  return Buffer.concat([Buffer.from(`{"metadata":${JSON.stringify(metadata)},`), rest]);
}

/** Writes `manifest.json` and, as dbt does beside it, `semantic_manifest.json`, secrets masked. */
export async function writeManifestText(json: Uint8Array, targetPath: string): Promise<void> {
  makeFolder(targetPath);
  const shown = secrets.isIn(json) ? secrets.scrub(Buffer.from(json).toString()) : json;
  await writeFile(join(targetPath, 'manifest.json'), shown);
  await writeFile(join(targetPath, 'semantic_manifest.json'), secrets.scrub(semanticTextOf(json)));
}

/** The semantic manifest of a manifest's bytes, which are read only when they have something for it. */
function semanticTextOf(json: Uint8Array): string {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  if (!semanticMarks.some((mark) => bytes.includes(mark))) return emptySemanticManifestText;
  return semanticManifestText(JSON.parse(bytes.toString()) as Manifest);
}

const semanticMarks = [
  '"resource_type":"metric"',
  '"resource_type":"semantic_model"',
  '"resource_type":"saved_query"',
  '"time_spine":{',
];
