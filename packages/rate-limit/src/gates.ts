import type { Call } from '@steadfetch/core';
import { Gate, type GateOptions } from './gate.ts';
import type { Snapshot } from './model/model.ts';
import { joined, type NamesOf } from './names.ts';

/** The gates, as a tree from wide to narrow. At rest there are at most so many of the narrowest ones. */
export class Gates {
  readonly #namesOf: NamesOf;
  readonly #options: GateOptions;
  readonly #maxKeys: number;
  readonly #roots = new Map<string, Gate>();
  /** The narrowest gates, the one released least recently first. Some are in use again. */
  readonly #unused = new Set<Gate>();
  /** The last one that was added there. */
  #newest: Gate | undefined;
  #count = 0;
  #lastNames: readonly string[] | undefined;
  #lastTaken: Gate | undefined;

  constructor(namesOf: NamesOf, options: GateOptions, maxKeys = 1_000) {
    this.#namesOf = namesOf;
    this.#options = options;
    this.#maxKeys = maxKeys;
  }

  /** The narrowest gate of a call. To be given back by `release`. */
  take(call: Call): Gate {
    const names = this.#namesOf(call);
    const gate = names === this.#lastNames && this.#lastTaken!.isLeaf ? this.#lastTaken! : this.#find(names);
    this.#lastNames = names;
    this.#lastTaken = gate;
    gate.users++;
    if (!gate.isLeaf) {
      gate.isLeaf = true;
      this.#count++;
      this.#dropOne();
    }
    return gate;
  }

  release(gate: Gate): void {
    if (--gate.users > 0) return;
    if (gate !== this.#newest) {
      this.#unused.delete(gate);
      this.#unused.add(gate);
      this.#newest = gate;
    }
    this.#dropOne();
  }

  /** The gates in force: those that calls pass. */
  inForce(): Gate[] {
    const found: Gate[] = [];
    const visit = (gate: Gate) => {
      if (gate.wide || gate.isLeaf) found.push(gate);
      if (!gate.wide) for (const child of gate.children.values()) visit(child);
    };
    for (const root of this.#roots.values()) visit(root);
    return found;
  }

  /** Forgets what was learned: by one gate and those below it, or by all. */
  reset(key?: string): void {
    const visit = (gate: Gate, within: boolean) => {
      const isMeant = within || gate.key === key;
      for (const child of gate.children.values()) visit(child, isMeant);
      if (isMeant) gate.reset();
    };
    for (const root of this.#roots.values()) visit(root, key === undefined);
  }

  #find(names: readonly string[]): Gate {
    let gates: Map<string, Gate> = this.#roots;
    let gate: Gate | undefined;
    for (const name of names) {
      gate = gates.get(name) ?? this.#add(gates, name, gate);
      gates = gate.children;
    }
    return gate!;
  }

  #add(gates: Map<string, Gate>, name: string, parent: Gate | undefined): Gate {
    const gate = new Gate(parent ? joined(parent.key, name) : name, parent, name, this.#options);
    gates.set(name, gate);
    return gate;
  }

  /** Drops a gate that holds nobody back; if there is none, one that does. */
  #dropOne(): void {
    if (this.#count <= this.#maxKeys || this.#unused.size === 0) return;
    const now = this.#options.now();
    let dropped: Gate | undefined;
    let least = Infinity;
    for (const gate of this.#unused) {
      if (gate.users > 0) {
        this.#forget(gate);
        continue;
      }
      const held = gate.inForce.holds(now);
      if (held >= least) continue;
      [dropped, least] = [gate, held];
      if (held === 0) break;
    }
    if (!dropped) return;
    this.#forget(dropped);
    this.#count--;
    dropped.isLeaf = false;
    for (let gate: Gate | undefined = dropped; gate && !gate.isLeaf && gate.children.size === 0; gate = gate.parent) {
      (gate.parent?.children ?? this.#roots).delete(gate.name);
    }
  }

  #forget(gate: Gate): void {
    this.#unused.delete(gate);
    if (gate === this.#newest) this.#newest = undefined;
  }
}

/** How a gate stands, and why. */
export interface GateSnapshot extends Omit<Snapshot, 'state'> {
  /** E.g. `https://api.example.com #1 /items/*`; `#1` is a credential. */
  readonly key: string;
  /** `paced`: open, and a limit is known of. */
  readonly state: 'open' | 'paced' | 'closed';
  readonly waiting: number;
  readonly inFlight: number;
}

export function snapshotOf(gate: Gate, now: number): GateSnapshot {
  const { key, waiting, inFlight } = gate;
  const { state, ...estimate } = gate.pacer.snapshot(now);
  const isPaced = estimate.rate !== undefined || estimate.remaining !== undefined;
  return { key, state: state === 'open' && isPaced ? 'paced' : state, ...estimate, waiting, inFlight };
}
