import { rateLimit } from '@steadfetch/rate-limit';
import { type Question, type Reply, storeOf } from '@steadfetch/shared-limit';
import { expect, it, vi } from 'vitest';
import { request, runInWorkers } from '../../core/test/support/workers.ts';

const URL = 'https://api.example.com/jobs';

runInWorkers();

function reply({ want }: Question): Reply {
  const now = Date.now();
  return { now, first: now, every: 1, count: want, closedUntil: 0, goodFor: 250, rate: 1, burst: 1, backAt: 0 };
}

const never = () => new Promise<Reply>(() => {});

it('asks again in Workers if the request that asked has ended', async () => {
  const ask = vi.fn((_: string, question: Question): Reply | Promise<Reply> => reply(question));
  const send = rateLimit({ store: storeOf(ask) })(async () => new Response('ok'));
  ask.mockImplementationOnce(never);
  const end = await request(() => send(URL));
  end();
  let isAnswered = false;

  void send(URL).then(() => {
    isAnswered = true;
  });
  await vi.advanceTimersByTimeAsync(1_300);

  expect(isAnswered).toBe(true);
});

it('goes on alone in Workers if the store is too slow, even after the request that asked has ended', async () => {
  const ask = vi.fn(never);
  const onDown = vi.fn();
  const fetch = vi.fn(async () => new Response('ok'));
  const send = rateLimit({ store: storeOf(ask, { hooks: { onDown } }) })(fetch);
  const end = await request(() => send(URL));
  await vi.advanceTimersByTimeAsync(1_100);
  expect(onDown).toHaveBeenCalledTimes(1);
  end();

  for (let call = 0; call < 6; call++) {
    void send(URL);
    await vi.advanceTimersByTimeAsync(300);
  }

  expect(fetch).toHaveBeenCalledTimes(7);
});

it('reports accepted calls in Workers, even after the request that would have reported has ended', async () => {
  const ask = vi.fn((_: string, question: Question): Reply => reply(question));
  const send = rateLimit({ store: storeOf(ask) })(async () => new Response('ok'));
  const end = await request(() => send(URL), 100);
  end();
  await vi.advanceTimersByTimeAsync(1_000);

  void send(URL);
  await vi.advanceTimersByTimeAsync(400);

  const accepted = ask.mock.calls.flatMap(([, question]) => question.accepted);
  expect(accepted.reduce((sum, { cost }) => sum + cost, 0)).toBe(2);
});

it('sets no second timer for reports for each one that is late', async () => {
  let late = 0;
  const sleep = async (ms: number) => {
    if (ms < 50) return; // a question's
    late++;
    await new Promise((resolve) => setTimeout(resolve, ms + 20));
    late--;
  };
  const store = storeOf((_, question: Question) => reply(question));
  const send = rateLimit({ clock: { now: () => Date.now(), sleep }, store })(async () => {
    await new Promise((resolve) => setTimeout(resolve, 3));
    return new Response('ok');
  });

  for (let call = 0; call < 1_500; call++) {
    void send(URL);
    await vi.advanceTimersByTimeAsync(7);
  }

  expect(late).toBeLessThanOrEqual(2);
});
