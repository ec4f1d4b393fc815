/**
 * dbt's selection syntax over the lineage, as far as a reader needs it: names with wildcards, `tag:`,
 * `source:`, `path:`, `package:`, `resource_type:`, `group:`, `access:`, `exposure:`, `metric:`,
 * `config.materialized:`; `+x+`, `2+x`, `@x`; a space adds, a comma narrows.
 */
import { isInLineage, type Project, type SiteNode } from './project.ts';

/** The ids that `select` names, less those that `exclude` names; everything where `select` is empty. */
export function selectNodes(project: Project, select: string, exclude = ''): ReadonlySet<string> {
  const all = new Set(
    project.data.nodes.filter((node) => isInLineage(node) && node.isShown).map(({ id }) => id),
  );
  const chosen = select.trim() === '' ? all : union(project, select);
  const less = exclude.trim() === '' ? new Set<string>() : union(project, exclude);
  return new Set([...chosen].filter((id) => all.has(id) && !less.has(id)));
}

function union(project: Project, text: string): Set<string> {
  const out = new Set<string>();
  for (const part of text.trim().split(/\s+/)) {
    const [first = new Set<string>(), ...rest] = part.split(',').map((atom) => atomOf(project, atom));
    for (const id of first) if (rest.every((other) => other.has(id))) out.add(id);
  }
  return out;
}

function atomOf(project: Project, atom: string): Set<string> {
  const match = /^(@)?(?:(\d*)(\+))?(.*?)(?:(\+)(\d*))?$/.exec(atom);
  if (match === null) return new Set();
  const [, at, upDepth, up, body = '', down, downDepth] = match;
  const start = new Set(project.data.nodes.filter(matcher(body)).map(({ id }) => id));
  const parentsOf = (id: string): readonly string[] => project.nodes.get(id)?.parents ?? [];
  const childrenOf = (id: string): readonly string[] => project.children.get(id) ?? [];
  const out = new Set(start);
  const depth = (text: string | undefined): number => (text ? Number(text) : Number.POSITIVE_INFINITY);
  if (at !== undefined) {
    const below = walk(start, childrenOf, Number.POSITIVE_INFINITY);
    for (const id of walk(below, parentsOf, Number.POSITIVE_INFINITY)) out.add(id);
  }
  if (up !== undefined) for (const id of walk(start, parentsOf, depth(upDepth))) out.add(id);
  if (down !== undefined) for (const id of walk(start, childrenOf, depth(downDepth))) out.add(id);
  return out;
}

/** Everything within `depth` steps of `start`, itself included. */
export function walk(
  start: Iterable<string>,
  next: (id: string) => readonly string[],
  depth: number,
): Set<string> {
  const seen = new Set(start);
  let front = [...seen];
  for (let step = 0; step < depth && front.length > 0; step += 1) {
    front = front.flatMap(next).filter((id) => !seen.has(id) && seen.add(id) !== undefined);
  }
  return seen;
}

function matcher(body: string): (node: SiteNode) => boolean {
  const [, method = '', value = body] = /^([a-z_]+(?:\.[\w.]+)?):(.*)$/.exec(body) ?? [];
  const like = wildcard(value);
  switch (method) {
    case 'tag':
      return ({ tags }) => tags.some(like);
    case 'source':
      return (node) => node.type === 'source' && (like(node.label) || like(node.label.split('.')[0] ?? ''));
    case 'exposure':
    case 'metric':
    case 'saved_query':
    case 'semantic_model':
      return (node) => node.type === method && (like(nameOf(node)) || like(node.label));
    case 'path':
    case 'file':
      return ({ path }) =>
        like(path) || path.startsWith(`${value.replace(/\/$/, '')}/`) || like(path.split('/').at(-1) ?? '');
    case 'package':
      return (node) => like(node.package);
    case 'resource_type':
      return ({ type }) => like(type);
    case 'group':
      return ({ group }) => group !== undefined && like(group);
    case 'access':
      return ({ access }) => access !== undefined && like(access);
    case 'config.materialized':
      return ({ materialized }) => materialized !== undefined && like(materialized);
    case '':
    case 'fqn':
      return (node) => {
        if (!isInLineage(node)) return false;
        const name = nameOf(node);
        const folders = node.path.split('/').slice(1, -1);
        return (
          like(name) ||
          like(node.label) ||
          like(node.id) ||
          like(node.package) ||
          like([node.package, ...folders, name].join('.')) ||
          folders.some(like)
        );
      };
    default:
      return () => false;
  }
}

function nameOf(node: SiteNode): string {
  return node.id
    .split('.')
    .slice(2)
    .join('.')
    .replace(/\.v[\w.]+$/, '');
}

/** A test of names by `*`, `?` and `[…]`. */
function wildcard(pattern: string): (text: string) => boolean {
  if (!/[*?[]/.test(pattern)) return (text) => text === pattern;
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    const whole = new RegExp(`^${source}$`);
    return (text) => whole.test(text);
  } catch {
    return () => false;
  }
}
