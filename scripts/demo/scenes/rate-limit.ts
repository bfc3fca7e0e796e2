import { rateLimited, startServer } from '@steadfetch/testing';
import { type Clock, compose, discard, type Middleware, rateLimit, retry } from 'steadfetch';
import { type Crowd, crowd } from '../crowd.ts';
import { drawRateChart } from '../rate-chart.ts';
import type { Stage } from './scene.ts';

const LIMIT = 100;
const JOBS = 300;
const WORKERS = 40;

/** Forty workers against a server that allows a hundred requests per second, before and after. */
export async function showRateLimit({ terminal, clock }: Stage): Promise<void> {
  const { theme, width } = terminal;
  const before = crowd({ jobs: JOBS, workers: WORKERS, clock });
  const after = crowd({ jobs: JOBS, workers: WORKERS, clock });
  const draw = () => [
    theme.paint(
      `${WORKERS} workers, ${JOBS} jobs; the server allows ${LIMIT} requests/s and says so (RateLimit)`,
      'strong',
    ),
    '',
    ...drawRateChart(
      [
        { heading: 'before: 5 retries, 100 ms apart', report: before.report() },
        { heading: 'after: retry() > rateLimit()', report: after.report() },
      ],
      { theme, width, limit: LIMIT },
    ),
    '',
  ];
  const work = async () => {
    await run(before, naiveRetry(clock), clock);
    await run(after, compose(retry({ clock }), rateLimit({ clock })), clock);
  };
  await terminal.animate(draw, work());
}

async function run(workers: Crowd, stack: Middleware, clock: Clock): Promise<void> {
  const script = rateLimited({ rate: LIMIT, burst: 20, hint: 'ratelimit' });
  await using server = await startServer(script, { clock });
  await workers.work(stack(workers.send), server.url);
}

/** What one writes in a hurry. */
function naiveRetry(clock: Clock): Middleware {
  return (next) => async (input, init) => {
    for (let attempt = 1; ; attempt++) {
      const response = await next(input, init);
      if (response.ok || attempt > 5) return response;
      discard(response);
      await clock.sleep(100);
    }
  };
}
