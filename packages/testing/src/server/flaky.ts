import { type Clock, onAbort, systemClock } from '@steadfetch/core';
import { checkNames, clockOption } from '@steadfetch/core/kit';
import { HttpHandler, HttpResponse, type http } from 'msw';
import { checkValue } from '../options.ts';
import type { Fault } from '../script/fault.ts';
import { type Player, player, problemPlan } from '../script/player.ts';
import type { Plan } from '../script/reply.ts';
import type { Repeat, Script } from '../script/script.ts';
import { planResponse } from './plan-response.ts';
import { type OpenRecord, type RecordedRequest, recordBody, recorder } from './recorder.ts';

export interface FlakyOptions {
  /** Answers only these methods. Other calls go to the next handler. @default all */
  method?: string | readonly string[];
  /** What comes after the last reply of a list. @default 'last' */
  repeat?: Repeat;
  /** Drives delays and the times that are recorded. @default systemClock */
  clock?: Clock;
}

/** An msw handler that plays a script and records the calls it answered. */
export interface FlakyHandler extends HttpHandler {
  /** The calls so far, in the order they came. */
  readonly requests: readonly RecordedRequest[];
  /** The same list. */
  readonly calls: readonly RecordedRequest[];
}

/**
 * A flaky server for msw: for `server.use(...)` in Node and `worker.use(...)` in the browser.
 *
 * msw cannot break off a response body (the client would see a clean end), and its network errors have no code. `flaky`
 * refuses such replies; use `fakeFetch` or `startServer` for them. If the script has no reply left or throws, the
 * response is a 599 with the message as its body, and `problem` of the recorded call is the error.
 *
 * @example
 * const api = flaky(URL, [503, 'network-error', { status: 429, headers: { 'retry-after': '7' } }, 200]);
 * server.use(api);
 * expect(api.calls).toHaveLength(4);
 */
export function flaky(url: Parameters<typeof http.all>[0], script: Script, options: FlakyOptions = {}): FlakyHandler {
  checkUrl(url);
  checkNames('flaky', options, ['method', 'repeat', 'clock']);
  const { method, repeat, clock = systemClock } = options;
  clockOption.check('flaky: clock', clock);
  const play = player(script, { repeat, refuses });
  const { requests, open } = recorder(clock);
  const handler = new HttpHandler(methodPattern(method), url, async ({ request }) => {
    const url = request.url.replace(/#.*$/s, ''); // a service worker gets the fragment, which is not sent
    // entry by entry: msw 2 loses fields when a Headers is copied
    const record = open(request.method, url, new Headers([...request.headers]));
    if (request.body) await recordBody(record, request.clone().body!);
    return answer(play, record, { request, clock });
  });
  return Object.assign(handler, { requests, calls: requests });
}

async function answer(
  play: Player,
  record: OpenRecord,
  { request, clock }: { request: Request; clock: Clock },
): Promise<Response> {
  const { url, method, signal } = request;
  const plan = await play(record, { clock, signal }).catch(() => problemPlan(record));
  if (plan.fault === 'stall-headers') await new Promise((resolve) => onAbort(signal, resolve));
  // if the client has aborted, no response is recorded
  if (signal.aborted || plan.error !== undefined || RESPONSELESS.has(plan.fault)) return HttpResponse.error();
  record.status = plan.status;
  return planResponse(plan, { url, method, clock, signal, isReal: true });
}

const RESPONSELESS = new Set<Fault | undefined>(['stall-headers', 'reset', 'refuse']);
const UNPLAYABLE = new Set<Fault | undefined>(['reset-after-headers', 'reset-mid-body', 'truncate']);

function refuses({ error, fault }: Plan): string | undefined {
  if (error) return `flaky: msw cannot give a network error the code ${error}: use fakeFetch`;
  if (UNPLAYABLE.has(fault)) return `flaky: msw cannot play the fault ${fault}: use fakeFetch or startServer`;
  return undefined;
}

function checkUrl(url: unknown): void {
  const fits = typeof url === 'string' || typeof url === 'function' || url instanceof RegExp;
  checkValue('flaky: url', url, 'a string, a pattern or a function', fits);
}

function methodPattern(method: string | readonly string[] | undefined): RegExp {
  if (method === undefined) return /.+/;
  const names = [method].flat();
  for (const name of names) checkValue('flaky: method', name, 'a name or names', typeof name === 'string');
  const escaped = names.map((name) => name.replace(/\W/g, '\\$&'));
  return new RegExp(`^(?:${escaped.join('|')})$`, 'i');
}
