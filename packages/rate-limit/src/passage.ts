import type { Call } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, idempotencyKeyOf, type Place } from '@steadfetch/core/kit';
import { shouldRetryHint } from '@steadfetch/server-hints';
import type { StopReason } from './events.ts';
import type { Gate, Permit } from './gate.ts';
import type { Settings } from './options.ts';
import type { Refusal } from './read-answer.ts';
import type { Sighting } from './scope.ts';
import type { Visit, WaitingLine } from './waiting-line.ts';

/** One call under way. */
export class Passage implements Visit {
  readonly call: Call;
  readonly leaf: Gate;
  readonly ticket: number;
  readonly cost: number;
  notBefore = 0;
  deadline = 0;
  /** How long it may still be held, in milliseconds. */
  left: number;
  /** Whether its present request was handed to the network. */
  isSent = false;
  /** Requests that the call had sent before. */
  sends = 0;
  /** Who else is told that a request leaves the machine. */
  onSend: (() => void) | undefined = undefined;
  /** Its last send, where a refusal must be proven to speak for others. */
  sighting: Sighting | undefined = undefined;
  line: WaitingLine | undefined = undefined;
  turn: Place<Visit> | undefined = undefined;
  end: Place<Visit> | undefined = undefined;
  resolve: ((permit: Permit) => void) | undefined = undefined;
  reject: ((reason: unknown) => void) | undefined = undefined;

  constructor(call: Call, leaf: Gate, ticket: number, cost: number, left: number) {
    this.call = call;
    this.leaf = leaf;
    this.ticket = ticket;
    this.cost = cost;
    this.left = left;
  }
}

/** How long a refused call would have to wait, and how long it may, in milliseconds. */
export interface Room {
  readonly needed: number;
  readonly left: number;
  /** Requests that were sent for this answer: more than one where a layer inside repeats. */
  readonly requests: number;
}

/** Why a refused call is not sent again; `undefined` if it is. */
export function stopReason(
  call: Call,
  response: Response,
  { status }: Refusal,
  { needed, left, requests }: Room,
  { methods, maxResends }: Settings,
): StopReason | undefined {
  if (call.retried === 'off') return 'off';
  if (shouldRetryHint(response) === false) return 'veto';
  const isRepeatable = IDEMPOTENT_METHODS.has(call.method) || idempotencyKeyOf(call) !== undefined;
  // The first hop may have been carried out.
  if (response.redirected && !isRepeatable) return 'redirected';
  // A 429 was refused before it was processed, whatever its method; of others, and of requests before it, one cannot be
  // so sure.
  const isUnprocessed = status === 429 && requests <= 1;
  if (methods ? !methods.has(call.method.toUpperCase()) : !isUnprocessed && !isRepeatable) return 'method';
  if (!call.replayable) return 'body-not-replayable';
  if (repeatsOf(call) >= maxResends) return 'max-resends';
  if (needed > call.remaining()) return 'deadline';
  return needed > left ? 'max-wait' : undefined;
}

/** How often a call was repeated already, by whichever layer. */
export function repeatsOf({ attempt, record }: Call): number {
  return attempt - 1 + record.resends;
}
