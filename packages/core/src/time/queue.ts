/** A place in a queue. */
export interface Place<T> {
  readonly value: T;
  /** Lower ones come first. */
  readonly order: number;
  /** `undefined` once it has left. */
  queue: Queue<T> | undefined;
}

/**
 * Values in order, those of one order as they came. Adding at the end and taking the first one take constant time.
 *
 * A place that leaves is only marked, so that thousands can leave at once. The marked ones are dropped when they are more than the others.
 */
export class Queue<T> {
  #places: Place<T>[] = [];
  /** Before this one all have left. */
  #start = 0;
  #left = 0;

  get size(): number {
    return this.#places.length - this.#left;
  }

  get first(): Place<T> | undefined {
    while (this.#start < this.#places.length && !this.#places[this.#start]!.queue) this.#start++;
    return this.#places[this.#start];
  }

  add(order: number, value: T): Place<T> {
    const place: Place<T> = { value, order, queue: this };
    const places = this.#places;
    let [from, to] = [this.#start, places.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (places[middle]!.order > order) to = middle;
      else from = middle + 1;
    }
    if (from === places.length) places.push(place);
    else places.splice(from, 0, place);
    return place;
  }

  /** Removes a place. Ignores one that was removed before, or that another queue has. */
  remove(place: Place<T>): void {
    if (place.queue !== this) return;
    place.queue = undefined;
    this.#left++;
    if (this.#left <= this.size) return;
    this.#places = this.#places.filter(({ queue }) => queue);
    this.#start = 0;
    this.#left = 0;
  }
}
