/**
 * The manifest as text. Its body, everything but `metadata`, is what the parse cache keeps, so that an
 * unchanged project's manifest can be written again without being read.
 */
import { Float } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Manifest, ManifestNode, Plain } from './manifest.ts';

/**
 * Everything but the metadata, as JSON without its opening brace. Whole floats, which JSON can't tell
 * from integers, are marked; `manifestText` and `readManifestBody` know the mark.
 */
export function manifestBody(manifest: Manifest): string {
  const { metadata: _, nodes, ...rest } = manifest;
  const written: Record<string, unknown> = {};
  for (const [id, node] of Object.entries(nodes))
    written[id] = node.resource_type === 'seed' ? seedAsWritten(node) : node;
  return JSON.stringify({ nodes: written, ...rest }, replacer).slice(1);
}

/** What dbt leaves out of seeds: they have no SQL, and so refer to nothing. */
const notOfSeeds = [
  'language',
  'refs',
  'sources',
  'metrics',
  'functions',
  'compiled_path',
  'contract',
] as const;

function seedAsWritten(node: ManifestNode): Plain {
  const written: Plain = { ...node, depends_on: { macros: node.depends_on.macros } };
  for (const key of notOfSeeds) delete written[key];
  return written;
}

/** A seed with everything that nodes have in memory. */
function seedAsRead(seed: ManifestNode): void {
  seed.language = 'sql';
  seed.refs = [];
  seed.sources = [];
  seed.metrics = [];
  seed.functions = [];
  seed.compiled_path = null;
  seed.contract = { enforced: false, alias_types: true, checksum: null };
  seed.depends_on.nodes = [];
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
  for (const node of Object.values(rest.nodes)) if (node.resource_type === 'seed') seedAsRead(node);
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
