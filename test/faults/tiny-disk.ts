/** A file system of a few megabytes that a test may fill to the last byte. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted tmpfs; remove it when done. */
export class TinyDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one, or says why that can't be done here. */
  static mount(megabytes: number): TinyDisk | string {
    if (process.platform !== 'linux') return 'tmpfs is a Linux thing';
    if (process.getuid?.() !== 0) return 'only root can mount a tmpfs';
    const path = mkdtempSync(join(tmpdir(), 'boathouse-disk-'));
    const result = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
    if (result.status === 0) return new TinyDisk(path);
    rmSync(path, { recursive: true });
    return `mount refused: ${String(result.stderr ?? result.error).trim()}`;
  }

  /** Leaves no more than `kilobytes` free. */
  fill(kilobytes: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    let left = bavail * bsize - kilobytes * 1024;
    const file = openSync(join(this.path, 'filler'), 'w');
    const block = Buffer.alloc(65_536, 1);
    while (left > 0) left -= writeSync(file, block, 0, Math.min(block.length, left));
    closeSync(file);
  }

  /** Takes back what `fill` put there. */
  drain(): void {
    rmSync(join(this.path, 'filler'), { force: true });
  }

  remove(): void {
    spawnSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}
