import { type Call, discard, type Next, notify, redactUrl } from '@steadfetch/core';
import type { Gate } from './gate.ts';
import { type Heard, hear, type Refusal } from './hear.ts';
import type { Settings } from './options.ts';
import type { Permit } from './permit.ts';
import { keepBody, reasonToStop } from './resend.ts';

/** What a call passes, and under which rules. */
export interface Passage {
  readonly gate: Gate;
  readonly settings: Settings;
}

/** A gate that was closed for exactly as long as a call may be held still lets it out. */
const GRACE = 100;

/** Sends a call when its gate lets it, again and again while it is refused and may be sent again. */
export async function pass(call: Call, next: Next, passage: Passage): Promise<Response> {
  const { gate, settings } = passage;
  const ticket = gate.nextTicket();
  let left = settings.maxWait;
  for (let resends = 0; ; resends++) {
    const arrived = gate.now();
    let permit = gate.tryEnter(arrived);
    if (!permit) {
      const deadline = arrived + Math.min(left, call.remaining()) + GRACE;
      permit = await gate.enter({ ticket, returning: resends > 0, deadline, signal: call.signal });
      left -= gate.now() - arrived;
    }
    const response = await send(resends < settings.maxResends ? keepBody(call) : call, next, gate, permit);
    const refusal = learnFrom(response, call, permit, passage);
    if (!refusal || stops(call, refusal, { left, resends }, passage)) return response;
    discard(response);
  }
}

async function send(call: Call, next: Next, gate: Gate, permit: Permit): Promise<Response> {
  try {
    return await next(call);
  } catch (error) {
    gate.settle(permit, { kind: 'failed' });
    throw error;
  }
}

/** Hands in the permit with what was heard, and gives the refusal if it was one. */
function learnFrom(response: Response, call: Call, permit: Permit, { gate, settings }: Passage): Refusal | undefined {
  const heard = hear(response, call, gate.isCurious, settings);
  if (!heard) gate.settle(permit, { kind: 'failed' });
  else if (heard.refusal) gate.settle(permit, { kind: 'refused', wait: heard.refusal.wait, quota: heard.quota });
  else gate.settle(permit, { kind: 'accepted', quota: heard.quota });
  if (heard && gate.hasJustClosed) tellOfLimit(response, call, heard, { gate, settings });
  return heard?.refusal;
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
