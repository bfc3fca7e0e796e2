/** Something that happens at an instant. To call it off, set `run` to `undefined`. */
export interface TimedEvent {
  run: (() => void) | undefined;
}

/** Events in the order of time, those of one instant in the order they were added. Instants are whole milliseconds. */
export class EventQueue {
  readonly #events = new Map<number, TimedEvent[]>();
  /** The instants that have events, as a binary heap. */
  readonly #heap: number[] = [];

  /** The instant of the next event. */
  get next(): number | undefined {
    return this.#heap[0];
  }

  add(at: number, run: () => void): TimedEvent {
    const event: TimedEvent = { run };
    const others = this.#events.get(at);
    if (others) others.push(event);
    else {
      this.#events.set(at, [event]);
      this.#rise(at);
    }
    return event;
  }

  /** Takes the events of the next instant. */
  take(): TimedEvent[] {
    const at = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    const events = this.#events.get(at)!;
    this.#events.delete(at);
    return events;
  }

  #rise(at: number): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent]! <= at) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = at;
  }

  #sink(at: number): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= at) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = at;
  }
}
