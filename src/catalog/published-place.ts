/**
 * Where a lake's DuckDB file is published: a folder or a bucket.
 *
 * Publishing is the same in both. The file is drafted where nobody looks, a generation names the draft, and the
 * draft is put in the file's place. In a folder that is a rename, and the draft is gone afterwards. In a bucket
 * the draft is an object that never changes, and a copy of it is made under the file's name: runs and readers
 * of ours go by the draft, and others by the copy.
 */
import type { Random } from '../base/index.ts';
import type { StorageOptions } from '../storage/index.ts';
import type { Generation, PublishedFile } from './generation.ts';
import type { CatalogLog } from './generation-log.ts';
import { bucketPlaceOf } from './published-bucket.ts';
import type { PublishedCopy } from './published-file.ts';
import { folderPlaceOf } from './published-folder.ts';

/** A file that is being made and that nobody sees. */
export interface PublishedDraft {
  /** Where it is to be made: an absolute path of this machine, in a folder of its own. */
  readonly file: string;
  /** Says that the file is whole and closed. @returns how a generation names it. */
  finish(): Promise<Pick<PublishedFile, 'staged' | 'fingerprint'>>;
  /** Puts it in the published file's place. To be called once `generation` names it. */
  publish(generation?: Generation): Promise<void>;
  /** Removes it, unless it was published. To be called unless a generation may name it. */
  discard(): Promise<void>;
}

/** The place of one published file. */
export interface PublishedPlace {
  /** As people write it: an absolute path or `s3://bucket/…/name.duckdb`. */
  readonly path: string;
  /** The file's own name, as generations call it. */
  readonly name: string;
  /** Whether the file is in a folder of this machine, where others may write to it in place. */
  readonly isLocal: boolean;
  readonly log: CatalogLog;
  /**
   * A private copy of the file as of `generation`, the newest that the caller knows.
   *
   * @returns undefined when nothing is published there.
   * @throws catalog.unreadable-file
   */
  copy(generation: Generation | undefined, to: string): Promise<PublishedCopy | undefined>;
  /** What tells the published file from another; undefined when there is none. */
  look(generation: Generation | undefined): Promise<string | undefined>;
  /** Whether there is a file of that name beside the published one. */
  isThere(name: string): Promise<boolean>;
  /** Finishes what a publisher has begun and not ended: the file of `generation` is put in its place. */
  settle(generation: Generation | undefined): Promise<void>;
  /** Begins a file. */
  draft(random: Random): Promise<PublishedDraft>;
}

/**
 * The place that `path` names: an absolute path or `s3://bucket/…/name.duckdb`. Nothing is looked at.
 *
 * @param options with which storage is opened.
 * @param log of a branch; the one beside the file unless given.
 */
export function publishedPlace(path: string, options: StorageOptions = {}, log?: CatalogLog): PublishedPlace {
  return /^s3[an]?:\/\//i.test(path) ? bucketPlaceOf(path, options, log) : folderPlaceOf(path, log);
}
