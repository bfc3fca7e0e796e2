interface Place<T> {
  readonly value: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
  hasLeft: boolean;
}

/** A queue that is left at either end, or from the middle, in constant time. */
export class WaitingLine<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value that joined last. */
  get last(): T | undefined {
    return this.#last?.value;
  }

  /** Joins at the end. Returns the function that leaves, if the value is still there. */
  join(value: T): () => void {
    const place: Place<T> = { value, before: this.#last, after: undefined, hasLeft: false };
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

  /** Removes the last value. */
  pop(): void {
    if (this.#last) this.#leave(this.#last);
  }

  #leave(place: Place<T>): void {
    if (place.hasLeft) return;
    place.hasLeft = true;
    const { before, after } = place;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    this.#size--;
  }
}
