/**
 * The manifest as text. Its body, everything but `metadata`, is what the parse cache keeps, so that an
 * unchanged project's manifest can be written again without being read.
 */
import { Float } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Manifest, ManifestNode, Plain } from './manifest.ts';
import { numberMark } from './manifest-bytes.ts';

/**
 * Everything but the metadata, as JSON without its opening brace. Whole floats, which JSON can't tell
 * from integers, are marked; `manifestText` and `readManifestBody` know the mark.
 */
export function manifestBody(manifest: Manifest): string {
  const { metadata: _, nodes, ...rest } = manifest;
  const written: Record<string, unknown> = {};
  for (const [id, node] of Object.entries(nodes)) written[id] = nodeAsWritten(node);
  const writtenDisabled: Record<string, unknown> = {};
  for (const [id, list] of Object.entries(rest.disabled)) writtenDisabled[id] = list.map(nodeAsWritten);
  // Its keys stay in dbt's order.
  const whole = { nodes: written, ...rest };
  Object.assign(whole, { disabled: writtenDisabled });
  try {
    return JSON.stringify(whole).slice(1);
  } catch (error) {
    // Integers beyond 2^53 are rare, and a replacer makes writing three times slower.
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(whole, markIntegers).slice(1);
  }
}

function markIntegers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `\0float:${value}` : value;
}

/** The manifest whose body `manifestBody` gave. */
export function readManifestBody(metadata: Plain, body: Uint8Array): Manifest {
  const text = `{${Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()}`;
  const rest = JSON.parse(text) as Omit<Manifest, 'metadata'>;
  if (text.includes(numberMark)) revive(rest as unknown as Plain);
  for (const node of Object.values(rest.nodes)) if (node.resource_type === 'seed') seedAsRead(node);
  for (const list of Object.values(rest.disabled))
    for (const node of list) if (node.resource_type === 'seed') seedAsRead(node as ManifestNode);
  return { metadata, ...rest };
}

/** A whole float that JSON.stringify marks as one. */
class WrittenFloat extends Float {
  toJSON(): string {
    return `\0float:${this.value}.0`;
  }
}

/**
 * `data` with whole floats that JSON.stringify can tell from integers; `data` itself when there are none.
 * Everything that goes into the manifest and may hold floats goes through here.
 */
export function writable<T>(data: T): T {
  return made(data) as T;
}

function made(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (data instanceof Float) return data instanceof WrittenFloat ? data : new WrittenFloat(data.value);
  if (Array.isArray(data)) {
    const items = data.map(made);
    return items.some((item, i) => item !== data[i]) ? items : data;
  }
  if (!isPlainDict(data)) return data;
  let copy: Plain | undefined;
  for (const [key, value] of Object.entries(data)) {
    const item = made(value);
    if (item === value) continue;
    copy ??= { ...data };
    copy[key] = item;
  }
  return copy ?? data;
}

function revive(holder: unknown[] | Plain): void {
  for (const [key, value] of Object.entries(holder)) {
    if (typeof value === 'string' && value.startsWith('\0float:')) {
      const text = value.slice('\0float:'.length);
      (holder as Plain)[key] = text.includes('.') ? new WrittenFloat(Number(text)) : BigInt(text);
    } else if (Array.isArray(value) || isPlainDict(value)) revive(value);
  }
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

/** A node as it stands in the manifest's file: seeds have no SQL there. Pure. */
export function nodeAsWritten<T extends { readonly resource_type: string }>(node: T): T | Plain {
  return node.resource_type === 'seed' ? seedAsWritten(node as unknown as ManifestNode) : node;
}

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
