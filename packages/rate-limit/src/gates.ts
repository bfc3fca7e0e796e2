import type { Call } from '@steadfetch/core';
import { Gate } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Snapshot } from './model/snapshot.ts';
import { joined, type NamesOf } from './scope.ts';

/** The tree of gates. Keeps at most `maxKeys` leaves, the narrowest gates of calls, and more only while calls use them. */
export class Gates {
  readonly #namesOf: NamesOf;
  readonly #context: GateContext;
  readonly #roots = new Map<string, Gate>();
  /** The leaves that may be dropped, the least recently released first. Some are in use again. */
  readonly #unused = new Set<Gate>();
  /** The leaf that was released last. */
  #newest: Gate | undefined;
  /** How many leaves there are. */
  #count = 0;

  constructor(namesOf: NamesOf, context: GateContext) {
    this.#namesOf = namesOf;
    this.#context = context;
  }

  /** Returns the leaf of a call. When the call ends, pass the leaf to `release`. */
  take(call: Call): Gate {
    const gate = this.#find(this.#namesOf(call));
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
    // Moving a member to the end of a set costs a microsecond at 1,000 gates, since the set skips deleted entries one by one.
    if (gate !== this.#newest) {
      this.#unused.delete(gate);
      this.#unused.add(gate);
      this.#newest = gate;
    }
    this.#dropOne();
  }

  /** The state of each gate that calls pass. */
  snapshot(): GateSnapshot[] {
    const now = this.#context.now();
    const found: GateSnapshot[] = [];
    const visit = (gate: Gate) => {
      if (gate.wide || gate.isLeaf) found.push(snapshotOf(gate, now));
      if (!gate.wide) for (const child of gate.children.values()) visit(child);
    };
    for (const root of this.#roots.values()) visit(root);
    return found;
  }

  /** Resets the gates whose key is `key`, or begins with it and a space: those of the credentials and paths below. Without a key all. */
  reset(key?: string): void {
    const visit = (gate: Gate, within: boolean) => {
      const isMeant = within || `${gate.key} `.startsWith(`${key} `);
      for (const child of gate.children.values()) visit(child, isMeant);
      if (isMeant) gate.reset();
    };
    for (const root of this.#roots.values()) visit(root, key === undefined);
  }

  #find(names: readonly string[]): Gate {
    let gates: Map<string, Gate> = this.#roots;
    let gate: Gate | undefined;
    for (const name of names) {
      const found = gates.get(name) ?? new Gate(gate ? joined(gate.key, name) : name, gate, name, this.#context);
      gates.set(name, found);
      gate = found;
      gates = found.children;
    }
    return gate!;
  }

  /** If there are too many leaves, drops the least recently used one. Prefers a leaf that holds no calls back. */
  #dropOne(): void {
    if (this.#count <= this.#context.maxKeys) return;
    const now = this.#context.now();
    let dropped: Gate | undefined;
    for (const gate of this.#unused) {
      if (gate.users > 0) {
        this.#unused.delete(gate);
        continue;
      }
      const { effective } = gate;
      effective.advance(now);
      dropped ??= gate;
      if (effective.holdsBack(now)) continue;
      dropped = gate;
      break;
    }
    this.#newest = undefined;
    if (!dropped) return;
    this.#unused.delete(dropped);
    this.#count--;
    dropped.isLeaf = false;
    for (let gate: Gate | undefined = dropped; gate && !gate.isLeaf && gate.children.size === 0; gate = gate.parent) {
      (gate.parent?.children ?? this.#roots).delete(gate.name);
    }
  }
}

/** The state of a gate, and the reason for it. */
export interface GateSnapshot extends Omit<Snapshot, 'state'> {
  /** E.g. `https://api.example.com #1 /items/*`; `#1` is a credential. */
  readonly key: string;
  /** `paced`: open, with a known limit. */
  readonly state: 'open' | 'paced' | 'closed';
  readonly waiting: number;
  readonly inFlight: number;
}

function snapshotOf(gate: Gate, now: number): GateSnapshot {
  const { key, waiting, inFlight } = gate;
  const { state, ...estimate } = gate.snapshot(now);
  const isPaced = estimate.rate !== undefined || estimate.remaining !== undefined;
  return { key, state: state === 'open' && isPaced ? 'paced' : state, ...estimate, waiting, inFlight };
}
