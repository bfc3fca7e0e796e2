import { Queue } from '@steadfetch/core/kit';

/** An event at an instant. To cancel it, set `run` to `undefined`. */
export interface TimedEvent {
  run: (() => void) | undefined;
}

/** Events in order of time. Events of the same instant keep the order in which they were added. Instants are whole milliseconds. */
export class EventQueue {
  readonly #events = new Map<number, TimedEvent[]>();
  /** The instants that have events. */
  readonly #instants = new Queue<number>();

  /** The instant of the next event. */
  get next(): number | undefined {
    return this.#instants.first?.value;
  }

  add(at: number, run: () => void): TimedEvent {
    const event: TimedEvent = { run };
    const others = this.#events.get(at);
    if (others) others.push(event);
    else {
      this.#events.set(at, [event]);
      this.#instants.add(at, at);
    }
    return event;
  }

  /** Removes and returns the events of the next instant. */
  take(): TimedEvent[] {
    const first = this.#instants.first!;
    this.#instants.remove(first);
    const events = this.#events.get(first.value)!;
    this.#events.delete(first.value);
    return events;
  }
}
