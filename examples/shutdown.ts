// A process shuts down: waiting calls end at once, and requests in flight finish.
//
//   pnpm example shutdown

import { manualClock } from '@steadfetch/testing';
import { compose, DrainError, drain, type Fetch, retry } from 'steadfetch';

const clock = manualClock();

/** Reports take a second; the queue is overloaded. */
const server: Fetch = async (input) => {
  if (String(input).endsWith('/queue')) return new Response(null, { status: 503, headers: { 'retry-after': '30' } });
  await clock.sleep(1_000);
  return new Response();
};

const draining = drain({ clock });
const steady = compose(draining, retry({ clock }))(server);

async function show(url: string): Promise<void> {
  try {
    console.log(`${url}: ${(await steady(url)).status}`);
  } catch (error) {
    if (!(error instanceof DrainError)) throw error;
    console.log(`${url}: ${error.message} (status ${error.status})`);
  }
}

async function stop(): Promise<void> {
  console.log('SIGTERM');
  console.log('closed:', await draining.close({ deadline: 8_000 }));
}
process.once('SIGTERM', stop);

void show('https://api.test/report');
void show('https://api.test/queue');
await clock.advance(500);
process.emit('SIGTERM'); // as the operating system does
await clock.advance(500);
await show('https://api.test/later');

// Output:
// SIGTERM
// https://api.test/queue: drain: the call waited when its client was closed; the last answer was 503 (status 503)
// https://api.test/report: 200
// closed: { finished: 1, ended: 1 }
// https://api.test/later: drain: the client is closed, the call is not sent (status undefined)
