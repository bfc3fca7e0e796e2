import { type Call, originOf } from '@steadfetch/core';
import { isThrottled, type ServerQuota, serverDelay, serverQuota } from '@steadfetch/server-hints';
import type { Settings } from './options.ts';

/** What a refusal says. */
export interface Refusal {
  readonly status: number;
  /** Milliseconds that the server asks for. */
  readonly asked: number | undefined;
  /** The field that asks, in lower case. */
  readonly source: string | undefined;
  /** Milliseconds to keep the gate closed for it. */
  readonly wait: number | undefined;
}

/** What a response says about a limit. */
export interface Heard {
  readonly refusal?: Refusal | undefined;
  readonly quota?: ServerQuota | undefined;
}

const NOTHING: Heard = {};
const NEEDS_EVIDENCE = new Set([403, 503, 529]);
/** Nobody means to be asked again in more than a day: a mistaken unit, or an attack. */
const BELIEVABLE = 86_400_000;

/** Reads a response; `undefined` where it comes from elsewhere, after a redirect, and does not speak for this key. */
export function hear(response: Response, call: Call, curious: boolean, settings: Settings): Heard | undefined {
  if (response.redirected && originOf(response.url) !== call.origin) return undefined;
  const refusal = readRefusal(response, settings);
  if (!refusal && !curious) return NOTHING;
  const quota = serverQuota(response, { now: settings.clock.now() });
  const believable = quota?.reset === undefined || quota.reset <= BELIEVABLE;
  return { refusal, quota: believable ? quota : undefined };
}

function readRefusal(response: Response, { statuses, maxWait, clock }: Settings): Refusal | undefined {
  const { status } = response;
  if (!statuses.has(status) || (NEEDS_EVIDENCE.has(status) && !isThrottled(response))) return undefined;
  const delay = serverDelay(response, { now: clock.now() });
  const wait = delay && (delay.ms > BELIEVABLE ? maxWait : delay.ms);
  return { status, asked: delay?.ms, source: delay?.source, wait };
}
