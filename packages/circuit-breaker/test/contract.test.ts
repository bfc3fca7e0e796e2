import { circuitBreaker } from '@steadfetch/circuit-breaker';
import { instantClock, middlewareContract } from '@steadfetch/testing';

middlewareContract(() => circuitBreaker({ clock: instantClock() }));
