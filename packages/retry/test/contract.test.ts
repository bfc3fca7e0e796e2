import { instantClock, middlewareContract } from '@steadfetch/testing';
import { retry } from '../src/index.ts';

middlewareContract(() => retry({ clock: instantClock() }), { name: 'retry' });
middlewareContract(() => retry({ clock: instantClock(), inspect: () => false }), { name: 'retry with an inspection' });
middlewareContract(() => retry({ maxRetries: 30, delay: () => 0, budget: false }), {
  name: 'retry until it is answered',
});
middlewareContract(() => retry({ delay: () => 60_000 }), { name: 'retry that waits for a minute' });
middlewareContract(() => retry({ clock: instantClock(), idempotent: true }), {
  name: 'retry of every method',
  except: ['sends a POST once, also where it fails'],
});
