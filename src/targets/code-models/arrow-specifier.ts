/** The name under which a thread asks for the copy of Arrow that a model's file would import. */

const scheme = 'boathouse-arrow:';

/** What to import for the copy that the module at `url` sees. */
export function arrowOf(url: string): string {
  return `${scheme}${url}`;
}

/** The module's URL in such a name; undefined for every other. */
export function moduleOfArrow(specifier: string): string | undefined {
  return specifier.startsWith(scheme) ? specifier.slice(scheme.length) : undefined;
}
