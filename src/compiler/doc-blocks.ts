/** `{% docs %}` blocks, and the descriptions that show them. */
import { didYouMean, type SourceLocation } from '../base/index.ts';
import { type Definition, parseTemplate, type Scope } from '../jinja/index.ts';
import { compilerErrors } from './errors.ts';
import type { ManifestDoc } from './manifest.ts';
import type { Parsing } from './parsing.ts';

/** What sites of documentation begin with where a project has no `__overview__`: dbt's own can't do without. */
const overview: ManifestDoc = {
  name: '__overview__',
  resource_type: 'doc',
  package_name: 'dbt',
  path: 'overview.md',
  original_file_path: 'docs/overview.md',
  unique_id: 'doc.dbt.__overview__',
  block_contents: `## The project's documentation

On the left are the project's resources by package and folder, and, under Database, by where they stand.
A resource's page tells its columns, tests, SQL and what it depends on; the button on the lower right shows the graph.

A docs block named \`__overview__\` takes the place of this page.`,
};

/** Every docs block of the project. */
export class DocBlocks {
  readonly #docs: Record<string, ManifestDoc>;
  readonly #parsing: Parsing;
  #scopes = new Map<string, Scope>();
  #seen: string[] = [];

  /** Reads every docs file, into the manifest. @throws jinja.syntax, compiler.duplicate-name */
  constructor(parsing: Parsing) {
    this.#parsing = parsing;
    this.#docs = parsing.manifest.docs;
    this.#docs[overview.unique_id] = overview;
    for (const pkg of parsing.project.packages) {
      for (const file of pkg.files.docs) {
        if (!file.text.includes('{%')) continue;
        for (const block of parseTemplate(file.text, { file: file.path }).definitions) {
          if (block.kind !== 'docs') continue;
          const uniqueId = `doc.${pkg.name}.${block.name}`;
          const before = this.#docs[uniqueId];
          if (before) {
            throw compilerErrors['duplicate-name'](
              {
                kind: 'docs blocks',
                name: block.name,
                first: before.original_file_path,
                second: file.relativePath,
              },
              { location: block.location },
            );
          }
          this.#docs[uniqueId] = {
            name: block.name,
            resource_type: 'doc',
            package_name: pkg.name,
            path: belowSearchPath(file.relativePath, file.searchPath),
            original_file_path: file.relativePath,
            unique_id: uniqueId,
            block_contents: this.#contents(block, pkg.name),
          };
        }
      }
    }
  }

  /** The block `name` as `doc()` in `fromPackage` means it. @throws compiler.doc-not-found */
  find(
    name: string,
    packageName: string | undefined,
    fromPackage: string,
    location?: SourceLocation,
  ): ManifestDoc {
    const candidates =
      packageName === undefined
        ? [fromPackage, this.#parsing.project.name, ...this.#packages()]
        : [packageName];
    for (const candidate of candidates) {
      const doc = this.#docs[`doc.${candidate}.${name}`];
      if (doc) {
        if (!this.#seen.includes(doc.unique_id)) this.#seen.push(doc.unique_id);
        return doc;
      }
    }
    const known = Object.values(this.#docs).map((doc) => doc.name);
    throw compilerErrors['doc-not-found'](
      { name, package: packageName ?? null },
      { location, hint: didYouMean(name, known) },
    );
  }

  /**
   * A description with its `doc()` calls rendered, and the ids of the blocks it shows.
   *
   * @param where called when something is wrong.
   */
  describe(
    text: unknown,
    packageName: string,
    where: () => SourceLocation,
  ): { readonly text: string; readonly blocks: string[] } {
    if (typeof text !== 'string')
      return { text: text === null || text === undefined ? '' : String(text), blocks: [] };
    if (!text.includes('{{') && !text.includes('{%')) return { text, blocks: [] };
    this.#seen = [];
    const place = where();
    const template = parseTemplate(text, {
      file: place.file,
      ...(place.line === undefined ? {} : { line: place.line }),
    });
    const rendered = template.renderSync(this.#scope(packageName), { undefined: 'strict' });
    return { text: rendered, blocks: this.#seen };
  }

  /** A block's text. Jinja in it is rendered, with undefined names as nothing. */
  #contents(block: Definition, packageName: string): string {
    if (!block.body.includes('{')) return block.body.trim();
    return block.bodyTemplate().renderSync(this.#scope(packageName), { undefined: 'lenient' }).trim();
  }

  #scope(packageName: string): Scope {
    let scope = this.#scopes.get(packageName);
    if (!scope) {
      const { environment } = this.#parsing;
      scope = environment.scope({
        kind: 'yaml',
        packageName,
        names: environment.yamlNames(
          (name, inPackage) => this.find(name, inPackage, packageName).block_contents,
        ),
      });
      this.#scopes.set(packageName, scope);
    }
    return scope;
  }

  #packages(): string[] {
    return this.#parsing.project.packages.map((pkg) => pkg.name);
  }
}

/** A file's path below the folder it was searched in: dbt's `path`. */
export function belowSearchPath(relativePath: string, searchPath: string): string {
  const folder = searchPath.replace(/^\.\//, '').replace(/\/$/, '');
  if (folder === '' || folder === '.') return relativePath;
  return relativePath.startsWith(`${folder}/`) ? relativePath.slice(folder.length + 1) : relativePath;
}
