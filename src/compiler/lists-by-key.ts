/** Lists under keys, begun when they are first added to. */

/** Adds `item` to the list under `key` of a map. */
export function addToMap<K, V>(lists: Map<K, V[]>, key: K, item: V): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Adds `item` to the list under `key` of an object. */
export function addToRecord<V>(lists: Record<string, V[]>, key: string, item: V): void {
  const list = lists[key];
  if (list) list.push(item);
  else lists[key] = [item];
}
