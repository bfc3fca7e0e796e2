import { CommonLimit, type Refused } from './common-limit.ts';
import type { Gate, Permit } from './gate.ts';
import type { Answer, Settled } from './model/answer.ts';

/** What an answer did: the gate that it is about, and how that stands now. */
export interface Effect extends Settled {
  readonly gate: Gate;
}

const ACCEPTED: Answer = { kind: 'accepted' };
/** Says nothing about a limit. */
export const FAILED: Answer = { kind: 'failed' };
/** What was not sent costs nothing. */
export const UNSENT: Answer = { kind: 'failed', cost: 0 };

/**
 * Settles a request at the gates that its answer is about. A refusal is about the narrowest gate, until the evidence says
 * that a wider one is limited; an acceptance about all of them.
 */
export function settle(permit: Permit, leaf: Gate, now: number, answer: Answer): Effect {
  if (answer.kind === 'accepted') countAcceptance(leaf, answer);
  let { wait } = answer;
  if (answer.kind === 'refused') wait = countRefusal(leaf, { sentAt: permit.sent.at, now, asked: wait });
  const gate = leaf.effective;
  const own = wait === undefined ? answer : { ...answer, wait };
  const others = answer.kind === 'accepted' ? ACCEPTED : FAILED;
  let settled: Settled | undefined;
  for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
    const isMeant = counted.gate === gate && counted.pacer === gate.pacer;
    const result = settleOne(counted, now, isMeant ? own : others);
    if (isMeant) settled = result;
  }
  if (!settled && answer.kind === 'refused') settled = settleOne(gate.count(now, permit.sent.cost), now, own);
  return { gate, closed: false, ...settled };
}

export function settleOne({ pacer, sent }: Permit, now: number, answer: Answer): Settled {
  pacer.advance(now);
  return pacer.settle(sent, now, answer);
}

function countAcceptance(leaf: Gate, { quotas }: Answer): void {
  for (let child = leaf; child.parent?.mayWiden; child = child.parent) {
    const { parent } = child;
    if (parent.children.size > 1) parent.commonLimit ??= new CommonLimit();
    if (parent.commonLimit?.accepted(child, quotas?.[0]) && parent.wide) narrow(parent);
  }
}

/** Widens and narrows. Returns how long the server asked to wait, of this request and of those that now share its gate. */
function countRefusal(leaf: Gate, refused: Refused): number | undefined {
  let wait = refused.asked;
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

/** Returns the longest wait: the waits of the refused gates below it still count. */
function widen(gate: Gate, refused: readonly Gate[], now: number, wait: number | undefined): number | undefined {
  gate.wide = true;
  for (const child of refused) child.advance(now);
  const waits = refused.map((child) => child.untilOpen(now)).filter((delay) => delay > 0 && delay < Infinity);
  gate.moveWaiting();
  for (const child of refused) child.forget();
  return wait === undefined && waits.length === 0 ? undefined : Math.max(wait ?? 0, ...waits);
}

/** The refused one takes over what was learned of all of them, which came mostly from it. */
function narrow(gate: Gate, leaf?: Gate): void {
  const isHere = leaf?.effective === gate; // and no wider gate stands for it
  gate.wide = false;
  if (isHere) leaf.effective.learned = gate.learned;
  gate.forget();
  gate.moveWaiting();
}
