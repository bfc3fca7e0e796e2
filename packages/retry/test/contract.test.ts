import { instantClock, middlewareContract } from '@steadfetch/testing';
import { retry } from '../src/index.ts';

middlewareContract(() => retry({ clock: instantClock() }), { name: 'retry' });
middlewareContract(() => retry({ clock: instantClock(), inspect: () => false }), { name: 'retry with an inspection' });
