interface Place<T> {
  readonly value: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
}

/** A first-in, first-out queue. Removing a value from the middle takes constant time, too. */
export class WaitingLine<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a value at the end. Returns the function that removes it. Call that at most once, and not after `shift` has returned the value. */
  join(value: T): () => void {
    const place: Place<T> = { value, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    this.#size++;
    return () => this.#leave(place);
  }

  /** Removes and returns the first value. */
  shift(): T | undefined {
    const place = this.#first;
    if (place) this.#leave(place);
    return place?.value;
  }

  #leave({ before, after }: Place<T>): void {
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    this.#size--;
  }
}
