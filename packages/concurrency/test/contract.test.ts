import { middlewareContract } from '@steadfetch/testing';
import { concurrency } from '../src/index.ts';

middlewareContract(() => concurrency(3));
