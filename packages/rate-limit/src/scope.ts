import { Evidence } from './evidence.ts';
import { type Gate, hear, type Permit } from './gate.ts';
import type { Answer, Settled } from './model/model.ts';

/** What an answer did: to which gate it speaks, and what became of that. */
export interface Heard extends Settled {
  readonly gate: Gate;
}

const ACCEPTED: Answer = { kind: 'accepted' };
const FAILED: Answer = { kind: 'failed' };

/**
 * Tells an answer to the gates that it speaks to. A refusal speaks to the narrowest gate, until the evidence says that a
 * wider one is limited; what was accepted, to all of them.
 */
export function settle(permit: Permit, leaf: Gate, now: number, answer: Answer, policy?: string): Heard {
  let gate = leaf.inForce;
  let { wait } = answer;
  if (answer.kind === 'accepted') accepted(leaf);
  if (answer.kind === 'refused') ({ gate, wait } = blame(leaf, now, wait, policy));
  const told = wait === answer.wait || wait === undefined ? answer : { ...answer, wait };
  let settled: Settled | undefined;
  for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
    if (counted.gate === gate && counted.pacer === gate.pacer) settled = hear(counted, now, told);
    else hear(counted, now, answer.kind === 'accepted' ? ACCEPTED : FAILED);
  }
  if (!settled && answer.kind === 'refused') {
    const { pacer } = gate;
    pacer.advance(now);
    settled = pacer.settle(pacer.send(now, permit.sent.cost), now, told);
  }
  return { gate, closed: false, ...settled };
}

function accepted(leaf: Gate): void {
  for (let child = leaf; child.parent; child = child.parent) child.parent.evidence?.accepted(child);
}

/** The gate that a refusal speaks to; widens and narrows. */
function blame(leaf: Gate, now: number, wait: number | undefined, policy?: string): { gate: Gate; wait?: number } {
  for (let child = leaf; child.parent; child = child.parent) {
    const { parent } = child;
    if (parent.children.size < 2 && !parent.wide) continue;
    parent.evidence ??= new Evidence();
    const { wide, refused } = parent.evidence.refused(child, now, parent.wide, policy);
    if (wide && !parent.wide) wait = widen(parent, refused, now, wait);
    if (!wide && parent.wide) narrow(parent);
    if (!wide) break;
  }
  return { gate: leaf.inForce, ...(wait === undefined ? {} : { wait }) };
}

/** What was refused below it keeps the time that it was told. */
function widen(gate: Gate, refused: readonly Gate[], now: number, wait: number | undefined): number | undefined {
  gate.wide = true;
  const told = refused.map((child) => child.delay(now)).filter((delay) => delay > 0 && delay < Infinity);
  for (const child of descendants(gate)) child.dissolve();
  for (const child of refused) child.forget();
  return wait === undefined && told.length === 0 ? undefined : Math.max(wait ?? 0, ...told);
}

function narrow(gate: Gate): void {
  gate.wide = false;
  gate.dissolve();
  gate.forget();
}

function* descendants(gate: Gate): Generator<Gate> {
  for (const child of gate.children.values()) {
    yield child;
    yield* descendants(child);
  }
}
