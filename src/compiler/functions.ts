/** User-defined functions: what property files say of their arguments and results, and who calls them. */
import { compilerErrors } from './errors.ts';
import type { Manifest, ManifestNode } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import type { PropertyEntry } from './property-entries.ts';
import type { Found } from './ref-lookup.ts';
import { Given } from './semantic/given.ts';

/** Puts a function's arguments and result on it. @throws compiler.bad-property */
export function describeFunction(node: ManifestNode, entry: PropertyEntry): void {
  const given = new Given(entry);
  given.require('returns');
  const returns = given.mapping('returns') ?? given.fail('returns', "'returns' is empty");
  node.returns = {
    data_type: returns.only('data_type', 'description').requiredText('data_type'),
    description: returns.text('description'),
  };
  node.arguments = given.mappings('arguments').map((argument) => ({
    name: argument.only('name', 'data_type', 'description', 'default_value').requiredText('name'),
    data_type: argument.requiredText('data_type'),
    description: argument.text('description'),
    default_value: argument.data['default_value'] ?? null,
  }));
  const firstDefault = node.arguments.findIndex((argument) => argument['default_value'] !== null);
  if (firstDefault !== -1 && node.arguments.slice(firstDefault).some((one) => one['default_value'] === null))
    given.fail('arguments', 'its arguments with a default have to come last');
}

/** The function that a name means: the root project's before the package's own before any. Pure. */
export function findFunction(
  manifest: Manifest,
  rootName: string,
  name: string,
  inPackage: string | undefined,
  fromPackage: string,
): Found<ManifestNode> {
  const named = Object.values(manifest.functions).filter((node) => node.name === name);
  const of = (pkg: string): ManifestNode | undefined => named.find((node) => node.package_name === pkg);
  const node = inPackage === undefined ? (of(rootName) ?? of(fromPackage) ?? named[0]) : of(inPackage);
  if (node) return { kind: 'found', node };
  const isOff = Object.keys(manifest.disabled).some(
    (id) => id.startsWith('function.') && id.endsWith(`.${name}`),
  );
  return { kind: isOff ? 'disabled' : 'missing' };
}

/** Puts the functions that nodes call among what they depend on. @throws compiler.function-not-found */
export function resolveFunctions(parsing: Parsing): void {
  const { manifest, project } = parsing;
  for (const part of [manifest.nodes, manifest.functions]) {
    for (const node of Object.values(part)) {
      for (const written of node.resource_type === 'seed' ? [] : node.functions) {
        const name = written.at(-1) ?? '';
        const inPackage = written.length > 1 ? written[0] : undefined;
        const found = findFunction(manifest, project.name, name, inPackage, node.package_name);
        if (found.kind === 'found') {
          const { nodes } = node.depends_on;
          if (!nodes.includes(found.node.unique_id)) nodes.push(found.node.unique_id);
        } else if (node.resource_type === 'test') node.config.enabled = false;
        else {
          throw compilerErrors['function-not-found'](
            { node: node.unique_id, name, disabled: found.kind === 'disabled' },
            { location: parsing.locate(node.unique_id) },
          );
        }
      }
    }
  }
}
