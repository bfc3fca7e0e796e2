export interface FrameQueueOptions {
  /** Calls back before the next frame. */
  readonly frame?: (run: () => void) => void;
  readonly now?: () => number;
  /** After so many milliseconds the rest waits for the next frame. @default 8 */
  readonly most?: number;
}

/** Does pieces of work in order, in as many frames as they need: none waits long, and no frame is long by more than one piece. */
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

  /** A piece of the same name that was not done yet is replaced. */
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
