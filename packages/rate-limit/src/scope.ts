import { Evidence, type Refused } from './evidence.ts';
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
  if (answer.kind === 'accepted') accepted(leaf, answer, now);
  let gate = leaf.inForce;
  let { wait } = answer;
  if (answer.kind === 'refused') ({ gate, wait } = blame(leaf, wait, { sentAt: permit.sent.at, now, policy }));
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

function accepted(leaf: Gate, { quotas }: Answer, now: number): void {
  for (let child = leaf; child.parent; child = child.parent) {
    const { parent } = child;
    if (quotas && parent.children.size > 1) parent.evidence ??= new Evidence();
    const isShared = parent.evidence?.accepted(child, quotas?.[0]);
    if (isShared && !parent.wide) widen(parent, [], now, undefined);
  }
}

/** The gate that a refusal speaks to; widens and narrows. */
function blame(leaf: Gate, asked: number | undefined, refused: Refused): { gate: Gate; wait: number | undefined } {
  let wait = asked;
  for (let child = leaf; child.parent; child = child.parent) {
    const { parent } = child;
    parent.evidence ??= new Evidence();
    const verdict = parent.evidence.refused(child, parent.wide, refused);
    if (verdict.wide && !parent.wide) wait = widen(parent, verdict.refused, refused.now, wait);
    if (!verdict.wide && parent.wide) narrow(parent, leaf);
    if (!parent.wide && parent.children.size > 1) break;
  }
  return { gate: leaf.inForce, wait };
}

/** What was refused below it keeps the time that it was told. */
function widen(gate: Gate, refused: readonly Gate[], now: number, wait: number | undefined): number | undefined {
  gate.wide = true;
  const told = refused.map((child) => child.wait(now)).filter((delay) => delay > 0 && delay < Infinity);
  for (const child of descendants(gate)) child.dissolve();
  for (const child of refused) child.forget();
  return wait === undefined && told.length === 0 ? undefined : Math.max(wait ?? 0, ...told);
}

/** The refused one keeps what was learned of all: it was most of it. */
function narrow(gate: Gate, leaf: Gate): void {
  const counts = gate.inForce === gate;
  gate.wide = false;
  if (counts) leaf.inForce.inherit(gate);
  gate.forget();
  gate.dissolve();
}

function* descendants(gate: Gate): Generator<Gate> {
  for (const child of gate.children.values()) {
    yield child;
    yield* descendants(child);
  }
}
