/**
 * The right to change tables inside the published file. One run has it at a time, because the file has
 * one state of its tables.
 *
 * A run that is expected to keep tables takes it before it copies the file. One that wasn't expected to
 * takes it at the first statement that changes a table, and goes on if nobody has changed one since it
 * copied the file. Whoever has lost it, by standing still for too long, finds out when it publishes.
 */

import {
  fileIn,
  type Generation,
  type Lease,
  type PublishedPlace,
  readGeneration,
} from '../catalog/index.ts';
import { targetErrors } from './errors.ts';
import { type TurnInput, takeTurn } from './take-turn.ts';

/** The turn of one run. */
export class TablesTurn {
  readonly #input: TurnInput;
  readonly #place: PublishedPlace;
  #lease: Lease | undefined;
  #claim: Promise<void> | undefined;
  #begunWith = '';
  #isOver = false;

  constructor(input: TurnInput, place: PublishedPlace) {
    this.#input = input;
    this.#place = place;
  }

  /** Waits for it. To be called before the file is copied. @throws catalog.lease-timeout */
  async take(): Promise<void> {
    this.#lease = await takeTurn(this.#input, `tables-${this.#place.name}`);
    if (this.#isOver) await this.#lease.release();
  }

  /** The file was copied when `generation` was the newest. */
  begin(generation: Generation | undefined): void {
    this.#begunWith = tablesOf(generation, this.#place.name);
  }

  /** A table is about to be changed. @throws targets.tables-overtaken, catalog.lease-timeout */
  claim(): Promise<void> {
    this.#claim ??= this.#claimOnce();
    return this.#claim;
  }

  /** The tables of `newest` are still those that this run began with. @throws targets.tables-overtaken */
  check(newest: Generation | undefined): void {
    if (tablesOf(newest, this.#place.name) === this.#begunWith) return;
    throw targetErrors['tables-overtaken']({ path: this.#place.path });
  }

  /**
   * This run still has its turn: to be asked right before its tables become visible. One that stood still would
   * publish under whoever has the turn now, who would then fail in its place.
   *
   * @throws catalog.lease-lost
   */
  async checkTurn(): Promise<void> {
    await this.#lease?.check();
  }

  /** Others may have it. */
  async release(): Promise<void> {
    this.#isOver = true;
    await this.#lease?.release();
  }

  async #claimOnce(): Promise<void> {
    if (!this.#lease) await this.take();
    this.check(await readGeneration(this.#input.log));
  }
}

function tablesOf(generation: Generation | undefined, name: string): string {
  return fileIn(generation, name)?.tables ?? '';
}
