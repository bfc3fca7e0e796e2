// One of the eight processes: ten callers, as fast as they are let.

import { rateLimit } from '@steadfetch/rate-limit';
import { redisStore } from '@steadfetch/redis';
import { Redis } from 'ioredis';

const [url = '', port = ''] = process.argv.slice(2);
const store = redisStore(new Redis(Number(port)), { hooks: { onDown: ({ error }) => console.error(String(error)) } });
await store.check();
process.send?.('ready');
const limited = rateLimit({ store, scope: 'origin' })(fetch);

await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (;;) {
      await limited(url);
      process.send?.('sent');
    }
  }),
);
