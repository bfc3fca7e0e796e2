import type { Fetch } from '@steadfetch/core';
import { checkFunction } from '@steadfetch/core/kit';
import { seededRandom } from '../chance/seeded-random.ts';
import { exclusively } from '../contract/exclusively.ts';
import { claimGlobals, installGlobals } from '../time/virtual-globals.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { arrivalTimes } from './arrivals.ts';
import { serviceFetch } from './service-model.ts';
import { type SimulateOptions, type SimulateSettings, simulateSettings } from './simulate-options.ts';
import { type StormReport, stormReport } from './storm-report.ts';
import { StormRows } from './storm-rows.ts';

const START = Date.UTC(2025, 0, 1);
/** How long calls in flight at the end may take to finish. */
const MAX_FINISH_MS = 3_600_000;

/**
 * Simulates clients of a failing service in virtual time: without real waiting, and with the same result each time.
 *
 * Arrivals are open-loop: calls come at their rate even while earlier calls fail or wait, as from many users. This is what
 * makes retry storms possible. A call succeeds when its response is `ok`.
 *
 * @example
 * const report = await simulate({
 *   client: (fetch, { clock, random }) => retry({ clock, random })(fetch),
 *   arrivals: 800,
 *   service: { capacity: 1_000, failRate: 0.01, outage: { from: 10_000, to: 20_000 } },
 *   seconds: 50,
 * });
 * report.sentPerCallDown; // requests per call while everything fails
 */
export async function simulate(options: SimulateOptions): Promise<StormReport> {
  const settings = simulateSettings(options);
  if (!settings.globals) return run(settings);
  const release = claimGlobals();
  try {
    return await exclusively(() => run(settings));
  } finally {
    release();
  }
}

async function run(settings: SimulateSettings): Promise<StormReport> {
  const { service, seed, seconds } = settings;
  const time = new VirtualTime(START);
  const rows = new StormRows(time, seconds);
  const restore = settings.globals ? installGlobals(time, seededRandom(seed + 1)) : () => {};
  try {
    const onSent = () => void rows.now.sent++;
    const fetch = serviceFetch(service, { time, random: seededRandom(seed), onSent });
    const clients: Fetch[] = [];
    for (const [index, make] of settings.makers.entries()) {
      const client = await make(fetch, { clock: time, random: seededRandom(seed + 2 + index), index });
      clients.push(checkFunction('simulate: client: what it gives', client));
    }
    await play(settings, { time, rows, clients });
  } finally {
    restore();
  }
  return stormReport(rows.all, { seconds, outage: service.outage });
}

interface Stage {
  time: VirtualTime;
  rows: StormRows;
  clients: readonly Fetch[];
}

async function play({ arrivals, seconds, request }: SimulateSettings, { time, rows, clients }: Stage): Promise<void> {
  const { url = 'http://service.test/', init } = request;
  const times = arrivalTimes(arrivals, seconds * 1_000);
  let open = 0;
  let calls = 0;
  const call = async () => {
    const row = rows.now;
    const client = clients[calls++ % clients.length]!;
    row.calls++;
    open++;
    const good = await succeeds(client, url, init);
    row[good ? 'ok' : 'bad']++;
    open--;
  };
  const arrive = () => {
    const next = times.next();
    if (next.done) return;
    time.at(next.value.at, () => {
      for (let left = next.value.count; left > 0; left--) void call();
      arrive();
    });
  };
  arrive();
  await time.run(seconds * 1_000);
  await time.run(time.elapsed + MAX_FINISH_MS, () => open === 0);
}

async function succeeds(client: Fetch, url: string, init: RequestInit | undefined): Promise<boolean> {
  try {
    return (await client(url, init)).ok;
  } catch {
    return false;
  }
}
