/** The lines that were typed at earlier prompts, kept for the next one, for this user alone. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const kept = 1000;

/** The file, as the XDG base directories have it. */
export function historyFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'boathouse/history');
}

/** The lines in `file`, newest first; none where it can't be read. */
export function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).reverse().slice(0, kept);
  } catch {
    return [];
  }
}

/** Keeps `lines`, newest first. What begins with a blank isn't kept, as in shells; a home that can't be written to keeps nothing. */
export function writeHistory(file: string, lines: readonly string[]): void {
  const text = lines
    .filter((line) => line.trim() !== '' && !/^\s/.test(line))
    .slice(0, kept)
    .reverse()
    .map((line) => `${line}\n`)
    .join('');
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
  } catch {
    // A prompt works without a memory.
  }
}
