import type { Call } from '@steadfetch/core';
import { Gate } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Snapshot } from './model/snapshot.ts';
import { joined, type NamesOf } from './scope.ts';

/** The gates, as a tree from wide to narrow. At rest there are at most so many of the narrowest ones. */
export class Gates {
  readonly #namesOf: NamesOf;
  readonly #context: GateContext;
  readonly #roots = new Map<string, Gate>();
  /** The narrowest gates, the one released least recently first. Some are in use again. */
  readonly #unused = new Set<Gate>();
  /** The one that was released last. */
  #newest: Gate | undefined;
  /** How many narrowest gates there are. */
  #count = 0;

  constructor(namesOf: NamesOf, context: GateContext) {
    this.#namesOf = namesOf;
    this.#context = context;
  }

  /** The narrowest gate of a call. To be given back by `release`. */
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
    // a set walks through all that it has deleted of one member to add that member again: a microsecond for each call at 1,000 gates
    if (gate !== this.#newest) {
      this.#unused.delete(gate);
      this.#unused.add(gate);
      this.#newest = gate;
    }
    this.#dropOne();
  }

  /** How the gates that calls pass stand. */
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

  /** Forgets what was learned: by one gate and those below it, as those of the credentials of a server, or by all. */
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

  /** Drops the gate that was used least recently, of those that hold no calls back if there are any. */
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
      if (effective.holds(now)) continue;
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

/** How a gate stands, and why. */
export interface GateSnapshot extends Omit<Snapshot, 'state'> {
  /** E.g. `https://api.example.com #1 /items/*`; `#1` is a credential. */
  readonly key: string;
  /** `paced`: open, and a limit is known of. */
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
