/**
 * dbt-duckdb's `external_location`: a source that is a file, a folder or a table function rather than
 * a table of the database.
 */
import { compilerErrors } from './errors.ts';
import type { ManifestSource, Plain } from './manifest.ts';
import { pythonStr } from './python-repr.ts';

/**
 * What stands for a source in SQL, when its rows aren't in the database: `'data/x.csv'`,
 * `read_json('…')`. Undefined for ordinary sources, and for those that a plugin loads.
 *
 * A location that calls something or is quoted already is used as it is.
 *
 * @throws compiler.bad-external-location
 */
export function externalLocation(source: ManifestSource): string | undefined {
  const facts = sourceFacts(source);
  if ('plugin' in facts) return undefined;
  const location = facts['external_location'];
  if (location === undefined || location === null) return undefined;
  if (typeof location !== 'string') {
    throw compilerErrors['bad-external-location']({ source: nameOf(source), problem: 'has to be a text' });
  }
  const names = {
    name: source.name,
    identifier: source.identifier,
    schema: source.schema,
    database: source.database,
    tags: source.tags,
    ...facts,
  };
  const filled = fill(location, pythonStr(facts['formatter'] ?? 'newstyle'), names, source);
  return filled.includes('(') || filled.startsWith("'") ? filled : `'${filled}'`;
}

/** `meta`, and the keys of `config` that dbt itself doesn't know: what dbt-duckdb reads of a source. */
export function sourceFacts(source: ManifestSource): Plain {
  const extra = Object.fromEntries(Object.entries(source.config).filter(([key]) => !ownKeys.has(key)));
  return { ...source.meta, ...extra };
}

const ownKeys = new Set([
  'enabled',
  'event_time',
  'freshness',
  'loaded_at_field',
  'loaded_at_query',
  'meta',
  'tags',
  'static_analysis',
]);

function fill(template: string, formatter: string, names: Plain, source: ManifestSource): string {
  const value = (name: string): string => {
    if (!Object.hasOwn(names, name)) {
      throw compilerErrors['bad-external-location'](
        { source: nameOf(source), problem: `uses '${name}', which the source doesn't have` },
        { hint: `It has: ${Object.keys(names).join(', ')}.` },
      );
    }
    return pythonStr(names[name]);
  };
  switch (formatter) {
    case 'newstyle':
      return template.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (match, field: string | undefined) => {
        if (field === undefined) return match[0] as string;
        return fieldValue(field, names, value);
      });
    case 'oldstyle':
      return template.replace(/%%|%\(([^)]*)\)[sd]/g, (match, name: string | undefined) =>
        name === undefined ? (match === '%%' ? '%' : match) : value(name),
      );
    case 'template':
      return template.replace(
        /\$\$|\$\{(\w+)\}|\$([A-Za-z_]\w*)/g,
        (match, braced?: string, bare?: string) => (match === '$$' ? '$' : value((braced ?? bare) as string)),
      );
    default:
      throw compilerErrors['bad-external-location'](
        { source: nameOf(source), problem: `has the formatter '${formatter}'` },
        { hint: "Formatters are newstyle, oldstyle and template: Python's format, % and string.Template." },
      );
  }
}

/** `name`, `name[key]` and `name.key` of Python's `str.format`, conversions and widths left out. */
function fieldValue(field: string, names: Plain, value: (name: string) => string): string {
  const [path = ''] = field.split(/[:!]/, 1);
  const [first = '', ...rest] = path.split(/[.[\]]+/).filter((part) => part !== '');
  if (rest.length === 0) return value(first);
  let at: unknown = names[first];
  for (const part of rest) {
    at = typeof at === 'object' && at !== null ? (at as Plain)[part] : undefined;
  }
  return at === undefined ? value(path) : pythonStr(at);
}

function nameOf(source: ManifestSource): string {
  return `${source.source_name}.${source.name}`;
}
