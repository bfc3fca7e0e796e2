import { concurrency, rateLimit, standard } from 'steadfetch';
import { claim, equal } from './claims.ts';
import { Scene } from './scene.ts';
import type { Check } from './suite.ts';

/** What all requests of a server share. */
const STACKS = {
  'concurrency()': concurrency(1)(fetch),
  'rateLimit()': rateLimit({ limit: { requests: 1, per: 100 } })(fetch),
  'concurrency(), left': concurrency(2)(fetch),
  'rateLimit(), left': rateLimit({ limit: { requests: 5, per: 1_000 } })(fetch),
  'rateLimit() that learns': rateLimit({ proof: 'first' })(fetch),
  'standard() that learns': standard({ rateLimit: true })(fetch),
};

type StackName = keyof typeof STACKS;

const SHARED: readonly StackName[] = ['concurrency()', 'rateLimit()'];
const LEARNING: readonly StackName[] = ['rateLimit() that learns', 'standard() that learns'];
const LEFT: readonly StackName[] = ['concurrency(), left', 'rateLimit(), left'];

/**
 * Handles a request to a server that answers by a call of its own, through a stack that all its requests share; or answers itself
 * while calls that it has made are in flight and wait.
 */
export async function answerByCall(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const url = searchParams.get('url')!;
  const send = STACKS[searchParams.get('stack') as StackName];
  const leaves = Number(searchParams.get('leaves'));
  const calls = Number(searchParams.get('calls'));
  if (calls > 0) {
    const answers = await Promise.all(Array.from({ length: calls }, () => send(url)));
    return Response.json(answers.map(({ status }) => status));
  }
  if (leaves === 0) return send(url);
  for (let call = 0; call < leaves; call++) send(url).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  return new Response();
}

/** Several requests at once to a server that handles each by itself, and calls through one stack. `kind`: which server. */
export function requestsAtOnce(server: typeof fetch, kind: string): Record<string, Check> {
  const checks = SHARED.map((stack): [string, Check] => [
    `calls of several requests through one ${stack} are answered`,
    async (place) => {
      const { url } = new Scene(place, { delay: 30 });
      const request = `${place.origin}/?${new URLSearchParams({ stack, url })}`;
      const answers = await Promise.all([1, 2, 3].map(() => server(request)));
      equal(answers.map(({ status }) => status).join(), '200,200,200', 'statuses');
      return undefined;
    },
  ]);
  const learning = LEARNING.map((stack): [string, Check] => [
    `all calls of twenty requests through one ${stack} a limit are answered`,
    async ({ origin }) => {
      const url = `${origin}/limited/${crypto.randomUUID()}`;
      const request = `${origin}/?${new URLSearchParams({ stack, url, calls: '3' })}`;
      const answers: Promise<number[]>[] = [];
      for (let made = 0; made < 20; made++) {
        answers.push(server(request).then((answer) => answer.json() as Promise<number[]>));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const statuses = (await Promise.all(answers)).flat();
      equal(statuses.filter((status) => status === 200).length, 60, 'calls that succeed');
      return undefined;
    },
  ]);
  const leaving = LEFT.map((stack): [string, Check] => [
    `calls through one ${stack} by a request that has ended, hold back no other`,
    async (place) => {
      const slow = new Scene(place, { delay: 3_000 });
      const left = new URLSearchParams({ stack, url: slow.url, leaves: '20' });
      await server(`${place.origin}/?${left}`);
      const { url } = new Scene(place, 200);
      const startedAt = Date.now();
      const answer = await server(`${place.origin}/?${new URLSearchParams({ stack, url })}`);
      equal(answer.status, 200, 'status');
      claim(Date.now() - startedAt < 2_500, `${Date.now() - startedAt} ms`);
      return undefined;
    },
  ]);
  return Object.fromEntries([...checks, ...learning, ...leaving].map(([name, check]) => [`${name}${kind}`, check]));
}
