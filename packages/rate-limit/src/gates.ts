import type { Gate } from './gate.ts';

/** One gate per key, bounded: of those that nobody uses, the one used least recently is dropped. */
export class Gates {
  readonly #create: (key: string) => Gate;
  readonly #maxKeys: number;
  readonly #gates = new Map<string, Gate>();
  #latest: Gate | undefined;

  constructor(create: (key: string) => Gate, maxKeys = 1_000) {
    this.#create = create;
    this.#maxKeys = maxKeys;
  }

  get(key: string): Gate {
    if (this.#latest?.key === key) return this.#latest;
    const gate = this.#gates.get(key) ?? this.#create(key);
    this.#gates.delete(key);
    this.#gates.set(key, gate);
    this.#latest = gate;
    if (this.#gates.size > this.#maxKeys) this.#dropOne();
    return gate;
  }

  [Symbol.iterator](): MapIterator<Gate> {
    return this.#gates.values();
  }

  #dropOne(): void {
    for (const [key, gate] of this.#gates)
      if (gate.isIdle && gate !== this.#latest) return void this.#gates.delete(key);
  }
}
