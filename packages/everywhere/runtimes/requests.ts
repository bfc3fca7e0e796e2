import { concurrency, rateLimit } from 'steadfetch';
import { equal } from './claims.ts';
import { Scene } from './scene.ts';
import type { Check } from './suite.ts';

/** What all requests of a server share. */
const STACKS = {
  'concurrency()': concurrency(1)(fetch),
  'rateLimit()': rateLimit({ limit: { requests: 1, per: 100 } })(fetch),
};

/** Handles a request to a server that answers by a call of its own, through a stack that all its requests share. */
export function answerByCall(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  return STACKS[searchParams.get('stack') as keyof typeof STACKS](searchParams.get('url')!);
}

/** Several requests at once to a server that handles each by itself, and calls through one stack. */
export function requestsAtOnce(server: typeof fetch): Record<string, Check> {
  const checks = Object.keys(STACKS).map((stack): [string, Check] => [
    `calls of several requests through one ${stack} are answered`,
    async (place) => {
      const { url } = new Scene(place, { delay: 30 });
      const request = `${place.origin}/?${new URLSearchParams({ stack, url })}`;
      const answers = await Promise.all([1, 2, 3].map(() => server(request)));
      equal(answers.map(({ status }) => status).join(), '200,200,200', 'statuses');
      return undefined;
    },
  ]);
  return Object.fromEntries(checks);
}
