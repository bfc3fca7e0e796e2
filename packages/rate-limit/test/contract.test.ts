import { instantClock, middlewareContract } from '@steadfetch/testing';
import { rateLimit } from '../src/index.ts';

middlewareContract(() => rateLimit({ clock: instantClock() }));
middlewareContract(() => rateLimit({ limit: { requests: 100, per: 1_000 }, clock: instantClock() }), {
  name: 'the middleware contract, with a known limit',
});
