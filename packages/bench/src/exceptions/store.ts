import type { Exception } from './exception.ts';

export const STORE: readonly Exception[] = [];
