/** One line at the bottom of the terminal that says what is going on, and is gone afterwards. */

/** Redraws a minute are plenty at this distance, in milliseconds. */
const redrawMs = 100;

/** The footer. Does nothing at all where nobody is looking. */
export class Footer {
  readonly #write: (text: string) => void;
  readonly #isLive: boolean;
  #draw: (() => string) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(write: (text: string) => void, isLive: boolean) {
    this.#write = write;
    this.#isLive = isLive;
  }

  /** From now on shows what `draw` returns: one line, no wider than the terminal. */
  start(draw: () => string): void {
    if (!this.#isLive) return;
    this.#draw = draw;
    this.#write(hideCursor);
    this.#timer ??= setInterval(() => {
      this.hide();
      this.show();
    }, redrawMs);
    this.#timer.unref();
  }

  /** Takes the line away, to print something above it. */
  hide(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#write('\r\u001b[2K');
  }

  /** Puts the line back. */
  show(): void {
    if (this.#draw === undefined || this.#isShown) return;
    this.#isShown = true;
    this.#write(this.#draw());
  }

  /** Takes the line away for good. */
  clear(): void {
    this.hide();
    if (this.#draw === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw = undefined;
    this.#write(showCursor);
  }
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
