import type { Hint } from '@steadfetch/bench/limits/hints';
import type { LimitPlan } from '@steadfetch/bench/limits/limit';
import { bucket, concurrency, fixedWindow, gcra, slidingCounter, slidingLog } from '@steadfetch/bench/limits/limits';
import type { Row } from '@steadfetch/bench/limits/row';
import type { Choice, Scene } from './scene.ts';

type Numbers = Readonly<Record<string, number>>;

/** The scene in the terms of the benchmark of limits. */
export function rowOf({ server, load }: Scene): Row {
  const { latency, noise } = server as unknown as Numbers;
  const { lasts, processes } = load as unknown as Numbers;
  const status = server.status === '503' ? 503 : 429;
  return {
    name: String(server.kind),
    limit: limitOf(server),
    hint: server.hint as Hint,
    status,
    ...(noise! > 0 ? { noise: { share: noise!, status } } : {}),
    load: load.kind === 'workers' ? { workers: Number(load.workers) } : { perSecond: Number(load.perSecond) },
    processes: processes!,
    latency: latency!,
    lasts: lasts!,
  };
}

function limitOf(server: Choice): LimitPlan {
  const { rate, burst, quota, window, most, service, changeAt, changeBy } = server as unknown as Numbers;
  if (server.kind === 'gcra') return gcra(rate!, burst!);
  if (server.kind === 'concurrency') return concurrency(most!, service!);
  if (server.kind === 'bucket') {
    return bucket(rate!, burst!, changeAt! > 0 ? { at: changeAt!, by: changeBy! } : undefined);
  }
  if (server.slides === 'sliding log') return slidingLog(quota!, window!);
  return server.slides === 'sliding counter' ? slidingCounter(quota!, window!) : fixedWindow(quota!, window!);
}

/** How many requests the server allows per second from an instant on. The client does not know this. */
export function limitSteps({ server }: Scene): readonly { readonly at: number; readonly perSecond: number }[] {
  if (server.kind === 'service') {
    const { capacity, from, to } = server as unknown as Numbers;
    if (to! <= from!) return [{ at: 0, perSecond: capacity! }];
    return [
      { at: 0, perSecond: capacity! },
      { at: from!, perSecond: 0 },
      { at: to!, perSecond: capacity! },
    ];
  }
  if (!['bucket', 'gcra', 'window', 'concurrency'].includes(server.kind)) return [];
  const { rate } = limitOf(server);
  const { changeAt, changeBy } = server as unknown as Numbers;
  if (!changeAt) return [{ at: 0, perSecond: rate }];
  return [
    { at: 0, perSecond: rate },
    { at: changeAt, perSecond: rate * changeBy! },
  ];
}
