/** Prints what was measured side by side, and holds counters to their budgets. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** The built command. */
export const boathouse = [process.execPath, join(root, 'dist/cli/main.js')];

const peers = process.env.BOATHOUSE_PEERS_BIN ?? join(root, '.cache/peers/venv/bin');

/** A peer's program, or undefined with the reason printed. */
export function peer(name) {
  const path = join(peers, name);
  if (existsSync(path)) return path;
  console.log(`  ${name}: not installed, so nothing to compare with (node scripts/peers.mjs installs it)`);
  return undefined;
}

let broken = 0;

/** Asserts a counter: sizes, files, rows, requests. Times never come here. */
export function budget(what, actual, atMost) {
  const ok = actual <= atMost;
  if (!ok) broken += 1;
  console.log(`  ${ok ? 'ok ' : 'OVER'} ${what}: ${actual} (at most ${atMost})`);
}

/** Asserts that two counts are equal. */
export function same(what, actual, expected) {
  const ok = actual === expected;
  if (!ok) broken += 1;
  console.log(`  ${ok ? 'ok ' : 'WRONG'} ${what}: ${actual}${ok ? '' : `, expected ${expected}`}`);
}

/** Prints a measured figure, and the peer's as a ratio where there is one. */
export function show(what, ours, theirs, unit, goal) {
  const mine = `${ours.toFixed(2)} ${unit}`;
  if (theirs === undefined) console.log(`  ${what}: ${mine}`);
  else
    console.log(
      `  ${what}: ${mine}, peer ${theirs.toFixed(2)} ${unit}: ${(theirs / ours).toFixed(1)}× less${goal ? ` (goal ${goal})` : ''}`,
    );
}

/** Prints what both cost in CPU and wall seconds and in memory, ours as a ratio of theirs. */
export function sideBySide(what, ours, theirs, goal) {
  const part = (name, key, unit, digits) => {
    const mine = `${name} ${ours[key].toFixed(digits)} ${unit}`;
    if (theirs === undefined) return mine;
    return `${mine} (delta-rs ${theirs[key].toFixed(digits)}: ${(ours[key] / theirs[key]).toFixed(2)}×)`;
  };
  const parts = [
    part('CPU', 'cpuS', 's', 3),
    part('wall', 'wallS', 's', 3),
    part('peak', 'peakMiB', 'MiB', 0),
  ];
  console.log(`  ${what}: ${parts.join(', ')}${goal ? `; goal ${goal}` : ''}`);
}

/** How many budgets were broken so far. */
export const brokenBudgets = () => broken;
