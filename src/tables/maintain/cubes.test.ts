import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../base/index.ts';
import { clusteringProvider, planCubes } from './cubes.ts';
import type { Candidate } from './file-candidates.ts';

const mib = 1024 * 1024;
const wishes = { columns: [['a']], full: false, minCubeSizeBytes: 6400 * mib };
let names = 0;

function file(sizeBytes: number, tags?: Candidate['tags']): Candidate {
  names += 1;
  return {
    key: `f${names}`,
    partition: 0,
    sizeBytes,
    liveBytes: sizeBytes,
    deletedRatio: 0,
    modifiedMs: 0,
    tags,
    clusteringProvider: tags === undefined ? undefined : clusteringProvider,
  };
}

/** The files after one clustering, each cube in one file, and how much it wrote. */
function cluster(files: readonly Candidate[]): { readonly files: Candidate[]; readonly written: number } {
  const units = planCubes(files, wishes, systemRandom);
  const gone = new Set(units.flatMap(({ groups }) => groups.flat()));
  return {
    files: [
      ...files.filter((candidate) => !gone.has(candidate)),
      ...units.map(({ sizeBytes, tags }) => file(sizeBytes, tags)),
    ],
    written: units.reduce((sum, unit) => sum + unit.sizeBytes, 0),
  };
}

describe('the cubes to be', () => {
  it('leave a large cube alone when little comes to it', () => {
    const [large] = cluster([file(200 * mib)]).files as [Candidate];
    const { files, written } = cluster([large, file(mib)]);
    expect(files).toContain(large);
    expect(written).toBe(mib);
  });

  it('take in a cube that what comes is comparable with', () => {
    const [large] = cluster([file(200 * mib)]).files as [Candidate];
    const { files } = cluster([large, file(100 * mib)]);
    expect(files.map(({ sizeBytes }) => sizeBytes)).toEqual([300 * mib]);
  });

  it('write each row again only so often, and stay few, when clustering follows every small append', () => {
    const appends = 400;
    let files: Candidate[] = [];
    let written = 0;
    for (let append = 0; append < appends; append += 1) {
      const clustered = cluster([...files, file(mib)]);
      files = clustered.files;
      written += clustered.written;
    }
    expect(written / (appends * mib)).toBeLessThan(16);
    expect(files.length).toBeLessThan(6);
  });
});
