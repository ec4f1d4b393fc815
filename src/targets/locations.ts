/** Where a node's files are: its `location`, else what the location macro says, ours or the user's. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { branchLocation, branchPlaceOf } from '../catalog/index.ts';
import type { Compilation, Engine, ManifestNode } from '../compiler/index.ts';
import { externalOutput, type OptionValue } from './external-output.ts';
import { columnNames, isDelta, mapping, text } from './node-config.ts';
import type { ExternalOutput } from './plan.ts';

/** The layout of an external relation. Renders the macro and the settings that hold templates. */
export async function outputOf(
  compilation: Compilation,
  node: ManifestNode,
  engine: Engine,
): Promise<ExternalOutput> {
  const options: Record<string, OptionValue> = {};
  for (const [key, value] of Object.entries(mapping(node, 'options'))) {
    options[key] =
      typeof value === 'string' && value.includes('{')
        ? await compilation.renderIn(node, value, engine)
        : (value as OptionValue);
  }
  const location = await locationOf(compilation, node, engine);
  const output = externalOutput({ node, location, options, root: compilation.project.root });
  return { ...output, location: ownPlace(compilation, output.location) };
}

/** The folder of a node's Delta table, absolute, or its URL. */
export async function deltaLocationOf(
  compilation: Compilation,
  node: ManifestNode,
  engine: Engine,
): Promise<string> {
  const location = await locationOf(compilation, node, engine);
  // A location macro that doesn't know `file_format` ends every path as a Parquet file.
  const folder =
    text(node, 'location') === undefined && node.config['format'] === undefined
      ? location.replace(/\.parquet$/, '.delta')
      : location;
  const isAnywhere = isAbsolute(folder) || /^[a-z][a-z0-9+]+:\/\//i.test(folder);
  return ownPlace(compilation, isAnywhere ? folder : resolve(compilation.project.root, folder));
}

/** The place itself, or what stands for it on the branch that the run is on. */
function ownPlace({ project }: Compilation, location: string): string {
  const branch = branchPlaceOf(dirname(project.profile.catalogPlace ?? ''));
  return branch === undefined ? location : branchLocation(branch, location);
}

async function locationOf(compilation: Compilation, node: ManifestNode, engine: Engine): Promise<string> {
  const location = text(node, 'location');
  if (location !== undefined) {
    return location.includes('{') ? (await compilation.renderIn(node, location, engine)).trim() : location;
  }
  if (!compilation.isBuiltIn('external_location')) {
    return (await compilation.renderIn(node, '{{ external_location(this, config) }}', engine)).trim();
  }
  const locationRoot = text(node, 'location_root');
  if (locationRoot !== undefined && isDelta(node)) {
    const rendered = locationRoot.includes('{')
      ? (await compilation.renderIn(node, locationRoot, engine)).trim()
      : locationRoot;
    return join2(rendered, node.alias);
  }
  const root = compilation.project.profile.externalRoot;
  const isFolder = columnNames(mapping(node, 'options')['partition_by']).length > 0 && !isDelta(node);
  const format = isDelta(node) ? 'delta' : (text(node, 'format') ?? 'parquet');
  return join2(root, isFolder ? node.alias : `${node.alias}.${format}`);
}

/** Joins without touching the `//` of a URL. */
function join2(root: string, name: string): string {
  return /^[a-z][a-z0-9+]+:\/\//i.test(root) ? `${root.replace(/\/+$/, '')}/${name}` : join(root, name);
}
