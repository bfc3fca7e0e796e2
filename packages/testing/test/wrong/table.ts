import type { Middleware } from '@steadfetch/core';

/** Middlewares that a check must fail: by the name of the check, and by what each does wrong. */
export type WrongMiddlewares = Record<string, Record<string, Middleware>>;
