import { middlewareContract } from '@steadfetch/testing';
import { idempotencyKey } from '../src/index.ts';

middlewareContract(() => idempotencyKey());
