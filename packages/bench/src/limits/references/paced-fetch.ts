import type { Clock } from '@steadfetch/core';
import { isThrottled, serverDelay } from 'steadfetch';
import type { Client, ClientParts } from '../live.ts';
import type { Pacer } from './pacer.ts';

/** As in `rateLimit()`: how long a call is held back over all its sends, and how often it is sent again. */
const MAX_WAIT = 60_000;
const MAX_RESENDS = 10;

/** Lets calls out in order as a pacer says, obeys the wait that the server asks for, and sends refused calls again. */
export function pacedFetch(createPacer: (parts: ClientParts) => Pacer): Client {
  return (fetch, parts) => {
    const { clock } = parts;
    const pacer = createPacer(parts);
    const line = new Line(pacer, parts);
    let tickets = 0;
    return async (input, init) => {
      const ticket = tickets++;
      const deadline = clock.now() + MAX_WAIT;
      for (let resends = 0; ; resends++) {
        await line.turn({ ticket, deadline });
        const sentAt = clock.now();
        const response = await fetch(input, init);
        const now = clock.now();
        const wait = isThrottled(response) ? (serverDelay(response, { now })?.ms ?? 0) : undefined;
        if (wait === undefined) pacer.accepted(now);
        else {
          line.close(now, wait);
          pacer.refused(now, sentAt);
        }
        line.pump();
        if (wait === undefined || resends === MAX_RESENDS || now + wait > deadline) return response;
      }
    };
  };
}

interface Place {
  readonly ticket: number;
  readonly deadline: number;
}

interface Waiting extends Place {
  readonly go: () => void;
  readonly stop: (error: Error) => void;
}

/** Calls in the order in which they came, with one timer. */
class Line {
  readonly #pacer: Pacer;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];
  #closedUntil = 0;
  #alarm = Infinity;

  constructor(pacer: Pacer, { clock, random }: ClientParts) {
    this.#pacer = pacer;
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves when the call may be sent, which is counted; rejects when it would wait too long. */
  turn(place: Place): Promise<void> {
    return new Promise((resolve, reject) => {
      let index = this.#waiting.length;
      while (index > 0 && this.#waiting[index - 1]!.ticket > place.ticket) index--;
      this.#waiting.splice(index, 0, { ...place, go: resolve, stop: reject });
      this.pump();
    });
  }

  /** Nobody is let out for so long, and a little more by chance so that processes do not come back as one. */
  close(now: number, wait: number): void {
    if (wait > 0) this.#closedUntil = Math.max(this.#closedUntil, now + wait + 1 + 25 * this.#random());
  }

  pump(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined) return;
      const now = this.#clock.now();
      const delay = Math.max(this.#closedUntil - now, this.#pacer.delay(now));
      if (delay <= 0) {
        this.#pacer.send(now);
        this.#waiting.shift()!.go();
      } else if (now >= first.deadline) this.#waiting.shift()!.stop(new Error('waited too long'));
      else {
        this.#wakeAt(now, Math.min(now + Math.ceil(delay), first.deadline));
        return;
      }
    }
  }

  #wakeAt(now: number, due: number): void {
    if (due >= this.#alarm) return;
    this.#alarm = due;
    void this.#clock.sleep(due - now).then(() => {
      if (this.#alarm !== due) return;
      this.#alarm = Infinity;
      this.pump();
    });
  }
}
