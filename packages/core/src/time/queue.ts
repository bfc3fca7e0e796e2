/** A place in a queue. */
export interface Place<T> {
  readonly value: T;
  /** The lowest comes first. */
  readonly order: number;
  index: number;
}

/**
 * A priority queue, as a binary heap. Adding at the end takes constant time. Adding elsewhere and removing take logarithmic time. Values
 * with equal `order` come out in no particular order.
 */
export class Queue<T> {
  readonly #heap: Place<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Place<T> | undefined {
    return this.#heap[0];
  }

  add(order: number, value: T): Place<T> {
    const place: Place<T> = { value, order, index: this.#heap.length };
    this.#heap.push(place);
    this.#rise(place);
    return place;
  }

  /** Removes a place. Does nothing if the place was removed before or belongs to another queue. */
  remove(place: Place<T>): void {
    if (this.#heap[place.index] !== place) return;
    const last = this.#heap.pop()!;
    if (last === place) return;
    this.#put(last, place.index);
    this.#sink(last);
    this.#rise(last);
  }

  #put(place: Place<T>, index: number): void {
    this.#heap[index] = place;
    place.index = index;
  }

  #rise(place: Place<T>): void {
    let { index } = place;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]!;
      if (parent.order <= place.order) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(place, index);
  }

  #sink(place: Place<T>): void {
    let { index } = place;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right && right.order < left!.order ? right : left;
      if (!child || child.order >= place.order) break;
      const next = child.index;
      this.#put(child, index);
      index = next;
    }
    this.#put(place, index);
  }
}
