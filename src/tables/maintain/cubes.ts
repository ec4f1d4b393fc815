/**
 * What of a clustered table is clustered already, and what is to be next. Pure.
 *
 * Rows that were clustered together are a cube, and its files are tagged with the cube's id and the columns. A
 * cube that has grown large enough is left alone for good. New files are clustered together with the small
 * cubes that aren't much larger than they are, so that every row is written again only so often.
 *
 * Source: Delta protocol, "Clustered Table"; the tags as Delta Spark writes them.
 */
import { type Json, parseJson, printJson, type Random } from '../../base/index.ts';
import type { AddFile, TextMap } from '../../delta/index.ts';
import { printPath } from '../alter/column-path.ts';
import { packRuns } from './bin-packing.ts';
import type { Candidate, RewriteUnit } from './file-candidates.ts';

/** By whom a table's files are clustered, as the log has it for this way of doing it. */
export const clusteringProvider = 'liquid';

const cubeIdTag = 'ZCUBE_ID';
const cubeColumnsTag = 'ZCUBE_ZORDER_BY';
const cubeCurveTag = 'ZCUBE_ZORDER_CURVE';

/** So little is clustered anew without a thought: it takes a second. */
const smallBytes = 16 * 1024 * 1024;

/** A cube up to this many times as large as what comes to it is written again. */
const growthMax = 4;

/** What clustering goes by. */
export interface CubeWishes {
  readonly columns: readonly (readonly string[])[];
  /** Also what is clustered by other columns, or by other means. */
  readonly full: boolean;
  /** A cube of this size is left alone. */
  readonly minCubeSizeBytes: number;
}

/** Whether clustering may have to do with `file` at all. */
export function isClusterable(file: Candidate, { columns, full }: CubeWishes): boolean {
  if (full) return true;
  if ((file.clusteringProvider ?? clusteringProvider) !== clusteringProvider) return false;
  const cube = cubeOf(file);
  return cube === undefined || cube.columns === columnsText(columns);
}

/**
 * The files to cluster, as cubes to be; none when nothing came since.
 *
 * @param files those that are `isClusterable`.
 */
export function planCubes(files: readonly Candidate[], wishes: CubeWishes, random: Random): RewriteUnit[] {
  const fresh: Candidate[] = [];
  const cubes = new Map<string, Candidate[]>();
  const text = columnsText(wishes.columns);
  for (const file of files) {
    const cube = cubeOf(file);
    const isOurs =
      cube?.columns === text && (file.clusteringProvider ?? clusteringProvider) === clusteringProvider;
    if (cube === undefined || !isOurs) fresh.push(file);
    else {
      const known = cubes.get(cube.id);
      if (known === undefined) cubes.set(cube.id, [file]);
      else known.push(file);
    }
  }
  if (fresh.length === 0) return [];
  const chosen = [...fresh];
  let size = sizeOf(fresh);
  const small = [...cubes.values()].filter((cube) => sizeOf(cube) < wishes.minCubeSizeBytes);
  for (const cube of small.sort((a, b) => sizeOf(a) - sizeOf(b))) {
    const own = sizeOf(cube);
    if (size + own > smallBytes && own > size * growthMax) break;
    for (const file of cube) chosen.push(file);
    size += own;
  }
  const runs = packRuns(chosen, (file) => file.sizeBytes, wishes.minCubeSizeBytes * 1.5);
  return runs.map((run) => ({
    groups: [run],
    sizeBytes: sizeOf(run),
    clusteringProvider,
    tags: new Map([
      [cubeIdTag, random.uuid()],
      [cubeColumnsTag, text],
      [cubeCurveTag, 'hilbert'],
    ]),
  }));
}

/** Whether `file` waits to be clustered: no cube has its rows. */
export function isUnclustered(file: Candidate): boolean {
  return (file.clusteringProvider ?? clusteringProvider) === clusteringProvider && cubeOf(file) === undefined;
}

/** What says that files were ordered together, for files that keep their order; undefined when nothing does. */
export function orderTags(tags: AddFile['tags']): TextMap | undefined {
  const kept = [cubeIdTag, cubeColumnsTag, cubeCurveTag].flatMap((name): [string, string][] => {
    const value = tags?.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return kept.length === 0 ? undefined : new Map(kept);
}

/** Columns by their names for people, as the tags have them. */
export function columnNames(columns: readonly (readonly string[])[]): string[] {
  return columns.map(printPath);
}

function columnsText(columns: readonly (readonly string[])[]): string {
  return printJson(columnNames(columns));
}

function cubeOf({ tags }: Candidate): { readonly id: string; readonly columns: string } | undefined {
  const id = tags?.get(cubeIdTag);
  const columns = tags?.get(cubeColumnsTag);
  return id === undefined || columns === undefined ? undefined : { id, columns: normalized(columns) };
}

/** As we print it: programs differ in spaces. */
function normalized(text: string): string {
  try {
    return printJson(parseJson(text) as Json);
  } catch {
    return text;
  }
}

function sizeOf(files: readonly Candidate[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
