import { type Fetch, onAbort, type Random } from '@steadfetch/core';
import { checkMs, checkNames, checkNumber, isRequest } from '@steadfetch/core/kit';
import { checkShare } from '../chance/chance.ts';
import { limitGate, type RateLimitedOptions } from '../limit/limit-gate.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** A service that has room for so much and no more. */
export interface ServiceModel {
  /** Requests per second it can serve. */
  capacity: number;
  /** How long an answer takes, good or bad, in milliseconds. @default 20 */
  latency?: number;
  /** What refusing a request costs, as a share of serving it. @default 0.5 */
  shedCost?: number;
  /** Share of the requests that fail although there is room, each on its own. @default 0 */
  failRate?: number;
  /** Fails everything between two instants, in milliseconds from the start. */
  outage?: { from: number; to: number };
  /** How much work may pile up before it refuses, in milliseconds. @default 20 */
  backlog?: number;
  /** A limit in front of it, as for `rateLimited`. A refusal costs nothing. @default none */
  limit?: RateLimitedOptions;
}

const NAMES = ['capacity', 'latency', 'shedCost', 'failRate', 'outage', 'backlog', 'limit'];

/** Says whether the service is well enough to answer a request that comes now. */
function serviceModel(model: ServiceModel, random: Random): (now: number) => boolean {
  const { capacity, shedCost = 0.5, failRate = 0, outage, backlog = 20 } = model;
  const most = Math.max(1 + capacity / 1_000, (capacity * backlog) / 1_000); // time moves in milliseconds
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

/** The model as a fetch, in virtual time. `onSent` is called for each request. */
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
