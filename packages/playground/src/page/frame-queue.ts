export interface FrameQueueOptions {
  /** Calls back before the next frame. */
  readonly frame?: (run: () => void) => void;
  readonly now?: () => number;
  /** After this many milliseconds the rest waits for the next frame. @default 8 */
  readonly most?: number;
}

/** Runs pieces of work in order, over as many frames as needed. A frame is longer than its limit by one piece at most. */
export class FrameQueue {
  readonly #pieces = new Map<string, () => void>();
  readonly #frame: (run: () => void) => void;
  readonly #now: () => number;
  readonly #most: number;
  #isAsked = false;

  constructor({
    frame = (run) => requestAnimationFrame(run),
    now = () => performance.now(),
    most = 8,
  }: FrameQueueOptions = {}) {
    this.#frame = frame;
    this.#now = now;
    this.#most = most;
  }

  /** Adds a piece. It replaces one with the same name that has not run yet. */
  add(name: string, piece: () => void): void {
    this.#pieces.delete(name);
    this.#pieces.set(name, piece);
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#frame(() => this.#turn());
  }

  #turn(): void {
    const end = this.#now() + this.#most;
    for (const [name, piece] of this.#pieces) {
      this.#pieces.delete(name);
      piece();
      if (this.#now() >= end) break;
    }
    this.#isAsked = this.#pieces.size > 0;
    if (this.#isAsked) this.#frame(() => this.#turn());
  }
}
