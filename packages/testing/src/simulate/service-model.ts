import { type Fetch, onAbort, type Random } from '@steadfetch/core';
import { checkMs, checkNames, checkNumber, isRequest } from '@steadfetch/core/kit';
import { checkShare } from '../chance/chance.ts';
import { limitGate, type RateLimitedOptions } from '../limit/limit-gate.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** A service with a limited capacity. */
export interface ServiceModel {
  /** Requests per second that the service can serve. */
  capacity: number;
  /** How long each response takes, in milliseconds, also that of a refusal. @default 20 */
  latency?: number;
  /** The work of refusing a request, as a share of the work of serving it. @default 0.5 */
  shedCost?: number;
  /** Share of the requests within capacity that fail, independently of each other. @default 0 */
  failRate?: number;
  /** All requests between these two instants fail, in milliseconds from the start. */
  outage?: { from: number; to: number };
  /** The most work that may wait before the service refuses requests, in milliseconds. @default 20 */
  backlog?: number;
  /** A rate limit in front of the service, as for `rateLimited`. Its refusals cost the service nothing. @default none */
  limit?: RateLimitedOptions;
}

const NAMES = ['capacity', 'latency', 'shedCost', 'failRate', 'outage', 'backlog', 'limit'];

/** Returns whether the service serves a request that comes at `now`. */
function serviceModel(model: ServiceModel, random: Random): (now: number) => boolean {
  const { capacity, shedCost = 0.5, failRate = 0, outage, backlog = 20 } = model;
  const most = Math.max(1 + capacity / 1_000, (capacity * backlog) / 1_000); // at least what refills in one step of the clock
  let room = most;
  let last = 0;
  return (now) => {
    room = Math.min(most, room + ((now - last) * capacity) / 1_000);
    last = now;
    if (outage && now >= outage.from && now < outage.to) return false;
    const served = room >= 1;
    room = served ? room - 1 : Math.max(-most, room - shedCost);
    return served && random() >= failRate;
  };
}

/** A `fetch` to the service, in virtual time. `onSent` is called for each request. */
export function serviceFetch(
  model: ServiceModel,
  { time, random, onSent }: { time: VirtualTime; random: Random; onSent: () => void },
): Fetch {
  const serves = serviceModel(model, random);
  const { latency = 20, limit } = model;
  const gate = limit === undefined ? undefined : limitGate(limit);
  return (input, init) => {
    onSent();
    const { allowed = true, headers = {}, occupy } = gate?.(time.elapsed) ?? {};
    occupy?.(latency);
    const status = !allowed ? (limit?.status ?? 429) : serves(time.elapsed) ? 200 : 503;
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
    return new Promise((resolve, reject) => {
      const answer = time.after(latency, () => {
        release();
        resolve(new Response(null, { status, headers }));
      });
      const release = onAbort(signal, (reason) => {
        answer.run = undefined;
        reject(reason);
      });
    });
  };
}

export function checkService(model: ServiceModel): void {
  checkNames('simulate: service', model, NAMES);
  checkNumber('simulate: service.capacity', model.capacity, { min: Number.MIN_VALUE });
  const { latency = 0, shedCost = 0, failRate = 0, backlog = 0, outage } = model;
  checkMs('simulate: service.latency', latency);
  checkNumber('simulate: service.shedCost', shedCost);
  checkShare('simulate: service.failRate', failRate);
  checkMs('simulate: service.backlog', backlog);
  if (outage === undefined) return;
  checkNames('simulate: service.outage', outage, ['from', 'to']);
  checkMs('simulate: service.outage.from', outage.from);
  checkNumber('simulate: service.outage.to', outage.to, { min: outage.from });
}
