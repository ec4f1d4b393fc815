/** Names of the folders that pinned files are in. */
import { createHash } from 'node:crypto';
import { markedName, type Random } from '../base/index.ts';

/** A name for a folder of pins that nobody has used before: marked with this process and the catalog it is of. */
export function pinName(catalogUri: string, random: Random): string {
  return markedName(`${logId(catalogUri)}.${random.uuid()}`);
}

/** What stands for a catalog in the names of pins. */
export function logId(catalogUri: string): string {
  return createHash('sha256').update(catalogUri).digest('hex').slice(0, 12);
}
