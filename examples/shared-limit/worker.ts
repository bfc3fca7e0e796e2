// One of the eight processes: ten loops that call as fast as the limiter allows. It reports that it is ready, then waits for the start.

import { once } from 'node:events';
import { rateLimit } from '@steadfetch/rate-limit';
import { redisStore } from '@steadfetch/redis';
import { Redis } from 'ioredis';

const [url = '', port = ''] = process.argv.slice(2);
const store = redisStore(new Redis(Number(port)), { hooks: { onDown: ({ error }) => console.error(String(error)) } });
await store.check();
await fetch('data:,'); // otherwise the first call would be slow
process.send?.('ready');
await once(process, 'message');
const limited = rateLimit({ store, scope: 'origin' })(fetch);

await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (;;) {
      await limited(url);
      process.send?.('sent');
    }
  }),
);
