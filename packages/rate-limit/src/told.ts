import type { Permit, Quota } from './permit.ts';
import { ToldPace } from './told-pace.ts';

/** After this many responses without numbers the last ones are forgotten. */
const MOST_UNTOLD = 20;

/** What the server says of its limit, for as long as it says it. */
export class Told {
  #pace: ToldPace | undefined;
  #untold = 0;

  get remaining(): number | undefined {
    return this.#pace?.remaining;
  }

  /** Requests per millisecond that come back. */
  get refill(): number | undefined {
    return this.#pace?.refill;
  }

  wait(now: number, inFlight: number): number {
    return this.#pace ? this.#pace.wait(now, inFlight) : 0;
  }

  take(): void {
    this.#pace?.take();
  }

  report(quota: Quota | undefined, permit: Permit, now: number): void {
    this.#untold = quota ? 0 : this.#untold + 1;
    if (this.#untold > MOST_UNTOLD) this.#pace = undefined;
    if (!quota) return;
    if (this.#pace) this.#pace.report(quota, permit, now);
    else this.#pace = new ToldPace(quota, permit, now);
  }
}
