/** Names that say what may be kept. Pure. */

/** Whether an object's name says that nobody ever writes to it again. Pure. */
export function isUnique(path: string): boolean {
  const own = /(?:^|\/)_boathouse\/(.*)$/.exec(path)?.[1];
  return /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.test(
    own ?? path.slice(path.lastIndexOf('/') + 1),
  );
}
