import { CommonLimit, type Refused } from './common-limit.ts';
import type { Gate, Permit } from './gate.ts';
import { type Answer, isSpent, type Settled } from './model/answer.ts';

/** The effect of an answer: the gate that it is about, and the state of that gate. */
export interface Effect extends Settled {
  readonly gate: Gate;
}

const ACCEPTED: Answer = { kind: 'accepted' };
/** An answer that says nothing about a limit. */
export const FAILED: Answer = { kind: 'failed' };
/** The request was not sent, so it costs nothing. */
export const UNSENT: Answer = { kind: 'failed', cost: 0 };

/**
 * Settles a request at all gates that counted it. First it widens or narrows the gates by what the answer shows. A refusal then counts
 * only at the effective gate of the call; an accepted request counts at all of them. `asked`: the wait that the server asked for, which
 * `answer.wait` limits to `maxWait`.
 */
export function settle(permit: Permit, leaf: Gate, now: number, answer: Answer, asked?: number): Effect {
  if (answer.kind === 'accepted') countAcceptance(leaf, answer, now);
  let { wait } = answer;
  if (answer.kind === 'refused') {
    wait = countRefusal(leaf, { sentAt: permit.sent.at, now, asked, spent: answer.quotas?.find(isSpent) }, wait);
  }
  const gate = leaf.effective;
  const own = wait === undefined ? answer : { ...answer, wait };
  const others = answer.kind === 'accepted' ? ACCEPTED : FAILED;
  let settled: Settled | undefined;
  for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
    const isEffective = counted.gate === gate && counted.pacer === gate.pacer;
    const result = settleOne(counted, now, isEffective ? own : others);
    if (isEffective) settled = result;
  }
  if (!settled && answer.kind === 'refused') settled = settleOne(gate.count(now, permit.sent.cost), now, own);
  return { gate, closed: false, ...settled };
}

export function settleOne({ pacer, sent }: Permit, now: number, answer: Answer): Settled {
  pacer.advance(now);
  return pacer.settle(sent, now, answer);
}

function countAcceptance(leaf: Gate, { quotas }: Answer, now: number): void {
  for (let child = leaf; child.parent?.mayWiden; child = child.parent) {
    const { parent } = child;
    if (parent.children.size > 1) parent.commonLimit ??= new CommonLimit();
    if (parent.commonLimit?.accepted(child, quotas?.[0], now) && parent.wide) narrow(parent);
  }
}

/** Widens or narrows gates after a refusal. Returns the longest wait that the server asked for, of all refused gates that now share one. */
function countRefusal(leaf: Gate, refused: Refused, own: number | undefined): number | undefined {
  let wait = own;
  for (let child = leaf; child.parent?.mayWiden; child = child.parent) {
    const { parent } = child;
    parent.commonLimit ??= new CommonLimit();
    const { wide, before } = parent.commonLimit.refused(child, parent.wide, refused);
    if (wide && !parent.wide) wait = widen(parent, before, refused.now, wait);
    if (!wide && parent.wide) narrow(parent, leaf);
    if (!parent.wide && parent.children.size > 1) break;
  }
  return wait;
}

/** Makes a gate wide. Returns the longest of the waits: those of the refused gates below are still to be kept. */
function widen(gate: Gate, children: readonly Gate[], now: number, wait: number | undefined): number | undefined {
  const refused = children.flatMap(withThoseBelow);
  gate.wide = true;
  for (const child of refused) child.advance(now);
  const waits = refused.map((child) => child.untilOpen(now)).filter((delay) => delay > 0 && delay < Infinity);
  gate.moveWaiting();
  for (const child of refused) child.forget();
  return wait === undefined && waits.length === 0 ? undefined : Math.max(wait ?? 0, ...waits);
}

/** A gate and those below it: while it is not wide, they know the waits. */
function withThoseBelow(gate: Gate): Gate[] {
  return gate.wide ? [gate] : [gate, ...[...gate.children.values()].flatMap(withThoseBelow)];
}

/** Makes a gate narrow again. The refused leaf takes over what the gate has learned, since most of it came from that leaf. */
function narrow(gate: Gate, leaf?: Gate): void {
  const isEffective = leaf?.effective === gate; // false if a wider gate is wide too
  gate.wide = false;
  if (isEffective) leaf.effective.learned = gate.learned;
  gate.forget();
  gate.moveWaiting();
}
