import { type Call, discard, keepBody, type Next, notify, redactUrl, releaseBody } from '@steadfetch/core';
import type { Gate } from './gate.ts';
import { type Heard, hear, type Refusal } from './hear.ts';
import type { Settings } from './options.ts';
import type { Permit, Verdict } from './permit.ts';
import { reasonToStop } from './resend.ts';

/** What a call passes, and under which rules. */
export interface Passage {
  readonly gate: Gate;
  readonly settings: Settings;
}

/** A gate that was closed for exactly as long as a call may be held still lets it out. */
const GRACE = 100;
const ACCEPTED = { kind: 'accepted' } as const;
const FAILED = { kind: 'failed' } as const;

/** Sends a call when its gate lets it, again and again while it is refused and may be sent again. */
export async function pass(call: Call, next: Next, passage: Passage): Promise<Response> {
  const { gate, settings } = passage;
  const ticket = gate.nextTicket();
  let left = settings.maxWait;
  for (let resends = 0; ; resends++) {
    const arrived = gate.now();
    let permit = gate.tryEnter(arrived);
    if (!permit) {
      const deadline = arrived + Math.min(left + GRACE, call.remaining());
      permit = await gate.waitFor({ ticket, returning: resends > 0, deadline, signal: call.signal });
      left -= gate.now() - arrived;
    }
    let response: Response;
    try {
      response = await next(resends < settings.maxResends ? keepBody(call) : call);
    } catch (error) {
      gate.settle(permit, FAILED);
      throw error;
    }
    const refusal = learnFrom(response, call, permit, passage);
    if (!refusal || stops(call, refusal, { left, resends }, passage)) {
      releaseBody(call);
      return response;
    }
    discard(response);
  }
}

/** Hands in the permit with what was heard, and gives the refusal if it was one. */
function learnFrom(response: Response, call: Call, permit: Permit, { gate, settings }: Passage): Refusal | undefined {
  const heard = hear(response, call, gate.isCurious, settings);
  gate.settle(permit, verdictOf(heard));
  if (heard && gate.hasJustClosed) tellOfLimit(response, call, heard, { gate, settings });
  return heard?.refusal;
}

function verdictOf(heard: Heard | undefined): Verdict {
  if (!heard) return FAILED;
  const { refusal, quota } = heard;
  if (refusal) return { kind: 'refused', wait: refusal.wait, quota };
  return quota ? { kind: 'accepted', quota } : ACCEPTED;
}

function tellOfLimit({ status }: Response, call: Call, { refusal, quota }: Heard, { gate, settings }: Passage): void {
  const { key, opensIn: wait, waiting } = gate;
  const asked = refusal?.asked ?? quota?.reset;
  const source = refusal?.source ?? quota?.source;
  notify(settings.onLimit, { key, url: redactUrl(call.url), status, wait, asked, source, waiting });
}

function stops(
  call: Call,
  refusal: Refusal,
  { left, resends }: { left: number; resends: number },
  { gate, settings }: Passage,
): boolean {
  const { key, opensIn: wait } = gate;
  const reason = reasonToStop(call, refusal, { left, resends, wait }, settings);
  if (!reason) return false;
  const { status, asked, source } = refusal;
  notify(settings.onGiveUp, { key, url: redactUrl(call.url), reason, status, wait, asked, source, resends });
  return true;
}
