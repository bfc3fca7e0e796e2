// A page whose tabs share one limit of ten calls a second. It shows the calls of this tab.

import { rateLimit } from '@steadfetch/rate-limit';
import { tabStore } from '@steadfetch/shared-limit';

const store = tabStore({ limit: { requests: 10, per: 1_000 } });
const output = document.querySelector('output')!;
let wait = '0';

/** An API that accepts every call, except for one refusal when `refused` asks for it. */
async function api(): Promise<Response> {
  const headers = { 'retry-after': wait };
  const status = wait === '0' ? 200 : 429;
  wait = '0';
  return new Response(null, { status, headers });
}

const limiter = rateLimit({ store, scope: 'origin', maxResends: 0 });
const limited = limiter(api);

async function call(): Promise<number> {
  await limited('https://api.example.com/');
  const at = Date.now();
  output.textContent = `this tab called at ${new Date(at).toISOString()}`;
  return at;
}

Object.assign(globalThis, {
  tab: {
    call,
    /** Makes a call that is refused and asked to wait for this many seconds. */
    refused: (seconds: number) => {
      wait = String(seconds);
      return call();
    },
    opensIn: () => limiter.snapshot()[0]!.opensIn,
  },
});

await call();
