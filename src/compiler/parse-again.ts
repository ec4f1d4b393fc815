/** Answering a parse from `target/` without reading the project, when nothing it looked at has changed. */
import { secrets } from '../base/index.ts';
import { compareInputs, environmentHash } from '../project/index.ts';
import { type CacheHeader, isRefusedByFolder, readCacheFile, writeCacheFile } from './cache-file.ts';
import type { Invocation } from './invocation.ts';
import type { Plain } from './manifest.ts';
import { manifestText } from './manifest-bytes.ts';
import { manifestMetadata } from './manifest-metadata.ts';

/** What is asked for. */
export interface AgainRequest {
  /** As in `CompileOptions`. */
  readonly request: string;
  /** Absolute path of where `target/` seems to be. */
  readonly targetPath: string;
  readonly invocation: Pick<Invocation, 'id' | 'startedAt' | 'env'>;
}

/** An earlier parse that still holds. It told people nothing. */
export interface ParsedAgain {
  /** How many nodes the manifest has. */
  readonly nodes: number;
  /** How many models have another text than the last parse saw. Nothing else has changed. */
  readonly edited: number;
  /** `flags:` of dbt_project.yml. */
  readonly flags: Plain;
  /** The content of `manifest.json`. */
  manifestJson(): Uint8Array;
}

/**
 * The parse that was kept for the same request, when every file, folder and environment variable that
 * reading and parsing looked at is as it was; undefined when it takes a closer look to know.
 */
export async function parseAgain(request: AgainRequest): Promise<ParsedAgain | undefined> {
  const { invocation, targetPath } = request;
  const kept = readCacheFile(targetPath);
  const again = kept?.header.again;
  if (!kept || !again || again.request !== request.request || again.targetPath !== targetPath) {
    return undefined;
  }
  if (again.environment !== environmentHash(again.inputs.env, invocation.env)) return undefined;
  const state = compareInputs(again.inputs, kept.skewMs);
  // A variable that became a secret since then must not be shown.
  if (state.kind === 'changed' || secrets.isIn(kept.body)) return undefined;
  let { header, body } = kept;
  if (state.kind !== 'same') header = { ...header, again: { ...again, inputs: state.record } };
  if (state.kind === 'edited') {
    // Loaded when it is needed: nearly always nothing has changed.
    const { parseKey, withEditedModels } = await import('./edited-models.ts');
    const edited = withEditedModels(body, header.packages, state.edits);
    if (edited === undefined) return undefined;
    body = edited;
    header = { ...header, key: parseKey(header.settings, state.record.files) };
  }
  if (state.kind !== 'same') await keepQuietly(targetPath, header, body);
  return {
    nodes: again.nodes,
    edited: state.kind === 'edited' ? state.edits.length : 0,
    flags: again.flags,
    manifestJson: () => manifestText(manifestMetadata(again.metadata, invocation), body),
  };
}

/** Spares the next parse from opening the same files again; no matter if it can't. */
async function keepQuietly(targetPath: string, header: CacheHeader, body: Uint8Array): Promise<void> {
  const { build: _, sizeBytes: _size, writtenAtMs: _time, ...rest } = header;
  try {
    await writeCacheFile(targetPath, rest, body);
  } catch (error) {
    if (!isRefusedByFolder(error)) throw error;
  }
}
