import { middlewareContract } from '@steadfetch/testing';
import { circuitBreaker, compose, concurrency, rateLimit, retry, timeout } from 'steadfetch';

middlewareContract(() => compose(retry({ delay: () => 20 }), timeout(5_000)), { name: 'retry around a limit of time' });
middlewareContract(
  () => compose(retry({ delay: () => 20 }), circuitBreaker(), rateLimit(), concurrency(5), timeout(5_000)),
  { name: 'the usual layers' },
);
