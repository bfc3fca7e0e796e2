// Classifies the errors that this runtime makes itself, provoked here and now.
import { classifyError } from '@steadfetch/core';
import { retry } from 'steadfetch';
import { claim, equal, errorOf, show } from './claims.ts';
import { type Place, Scene } from './scene.ts';
import type { Check } from './suite.ts';

type Provoke = (place: Place) => Promise<unknown>;

const text =
  (fault: string): Provoke =>
  async (place) => {
    const response = await fetch(new Scene(place, { fault, size: 200_000 }).url);
    return response.text();
  };

const read =
  (fault: string): Provoke =>
  async (place) => {
    const response = await fetch(new Scene(place, { fault, size: 200_000 }).url);
    const reader = response.body!.getReader();
    while (!(await reader.read()).done);
  };

const always = { fault: 'reset' } as const;

/** An error of the network, which may pass. */
const transient =
  (provoke: Provoke): Check =>
  async (place) => {
    const error = await errorOf(provoke(place));
    const found = classifyError(error);
    if (found.kind === 'abort') return 'broken-is-abort';
    claim(found.kind === 'network' && !found.permanent, `${show(error)} is ${JSON.stringify(found)}`);
    return undefined;
  };

/** An error that comes again: where the runtime says no more than "it failed", it counts as one that may pass. */
const permanent =
  (url: (place: Place) => string, init: RequestInit = {}): Check =>
  async (place) => {
    const error = await errorOf(fetch(url(place), init));
    if (classifyError(error).permanent) return undefined;
    equal(classifyError(error).kind, 'network', show(error));
    return 'permanent-unknown';
  };

export const errors: Record<string, Check> = {
  'error: refused': transient(({ refused }) => fetch(refused)),
  'error: refused POST': transient(({ refused }) => fetch(refused, { method: 'POST', body: 'x' })),
  'error: no such host': transient(() => fetch('http://host.invalid/')),
  'error: reset GET': transient((place) => fetch(new Scene(place, always).url)),
  'error: reset POST': transient((place) => fetch(new Scene(place, always).url, { method: 'POST', body: 'x' })),
  'error: reset after headers, text()': transient(text('reset-after-headers')),
  'error: reset in the body, text()': transient(text('reset-mid-body')),
  'error: reset in the body, reader': transient(read('reset-mid-body')),
  'error: cut body, text()': transient(text('truncate')),
  'error: cut body, reader': transient(read('truncate')),
  'error: cut body, json()': transient(async (place) =>
    (await fetch(new Scene(place, { fault: 'truncate', body: `"${'x'.repeat(2_000)}"` }).url)).json(),
  ),
  'error: TLS on a plain port': permanent(({ origin }) => `${origin.replace('http:', 'https:')}/`),
  'error: no such scheme': permanent(() => 'nosuch://host/'),
  'error: bad URL': async () => {
    const error = await errorOf(fetch('http://['));
    const { kind, permanent: comesAgain } = classifyError(error);
    claim(comesAgain, `${show(error)} is ${kind}, permanent ${comesAgain}`);
  },
  'error: redirect loop': permanent(({ origin }) => `${origin}/loop`),
  'error: abort': async (place) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    const error = await errorOf(fetch(new Scene(place, { fault: 'stall-headers' }).url, { signal: abort.signal }));
    equal(classifyError(error).kind, 'abort', show(error));
  },
  'error: timeout': async (place) => {
    const url = new Scene(place, { fault: 'stall-headers' }).url;
    const error = await errorOf(fetch(url, { signal: AbortSignal.timeout(20) }));
    if (classifyError(error).kind === 'abort') return 'timeout-is-abort';
    equal(classifyError(error).kind, 'timeout', show(error));
    return undefined;
  },
  'error: a bug in a layer': async () => {
    const broken = retry({ delay: () => 1 })(() => Promise.reject(new TypeError('x is not a function')));
    equal(classifyError(await errorOf(broken('http://host.invalid/'))).kind, 'bug', 'kind');
  },
};
