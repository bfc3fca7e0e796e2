import { fakeFetch } from '@steadfetch/testing';
import ky, { isForceRetryError, isHTTPError, type Options } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { client, outcomeOf, recorder, URL, virtualTime } from './client.ts';

describe('hooks of the caller', () => {
  it('see an HTTPError before a retry, as in ky', async () => {
    const seen: unknown[] = [];
    const { api } = client([{ status: 503, headers: { 'x-id': '7' } }, 200]);
    const beforeRetry = [({ error }: { error: Error }) => void seen.push(error)];

    await api.get(URL, { hooks: { beforeRetry } });

    expect(seen).toHaveLength(1);
    expect(isHTTPError(seen[0]) && seen[0].response.headers.get('x-id')).toBe('7');
  });

  it('see the data of that error, which stays if they throw it', async () => {
    const { api, fetch } = client([{ status: 503, json: { why: 'busy' } }, 200]);
    const beforeRetry = [({ error }: { error: Error }) => Promise.reject(error)];

    const error = await outcomeOf(api.get(URL, { hooks: { beforeRetry } }));

    expect(error.data).toEqual({ why: 'busy' });
    expect(fetch.calls).toHaveLength(1);
  });

  it('do not hold a retry up for a body that stands still', async () => {
    const beforeRetry = vi.fn();
    const { api, fetch } = client([{ status: 503, body: 'half', fault: 'stall-body' }, 200]);

    await api.get(URL, { hooks: { beforeRetry: [beforeRetry] } });

    expect(fetch.calls).toHaveLength(2);
    expect(isHTTPError(beforeRetry.mock.calls[0]![0].error)).toBe(true);
  });

  it('see a ForceRetryError before a retry under throwHttpErrors: false', async () => {
    const beforeRetry = vi.fn();

    await client([503, 200]).api.get(URL, { throwHttpErrors: false, hooks: { beforeRetry: [beforeRetry] } });

    expect(isForceRetryError(beforeRetry.mock.calls[0]![0].error)).toBe(true);
  });

  it('announce no retry where another call that they make times out', async () => {
    virtualTime();
    const { hooks, told } = recorder();
    const stalled = fakeFetch({ fault: 'stall-headers' });
    const renew = () => ky.post('https://auth.example.com/token', { fetch: stalled, timeout: 300 });
    const { api, fetch } = client(401, { hooks });

    const error = await outcomeOf(api.get(URL, { hooks: { afterResponse: [renew] } }));

    expect(error.name).toBe('TimeoutError');
    expect(fetch.calls).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('can force a retry of their own, which waits by our backoff', async () => {
    vi.useFakeTimers();
    vi.setTimerTickMode('nextTimerAsync');
    const delay = vi.fn(() => 250);
    const { api, fetch } = client([401, 200], { delay });
    const refresh = ({ response }: { response: Response }) => (response.status === 401 ? ky.retry() : undefined);

    const response = await api.get(URL, { hooks: { afterResponse: [refresh] } });
    vi.useRealTimers();

    expect(response.status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
    expect(delay).toHaveBeenCalledWith({ attempt: 1, previousDelay: 0 });
  });

  it('can force a retry after one of ours, which waits by our backoff too', async () => {
    virtualTime();
    const delay = vi.fn(() => 250);
    const { api, fetch } = client([503, 401, 200], { delay });
    const refresh = ({ response }: { response: Response }) => (response.status === 401 ? ky.retry() : undefined);
    const startedAt = performance.now();

    const response = await api.get(URL, { hooks: { afterResponse: [refresh] } });

    expect(response.status).toBe(200);
    expect(fetch.calls).toHaveLength(3);
    expect(delay).toHaveBeenCalledTimes(2);
    expect(performance.now() - startedAt).toBe(250); // the first wait is that of a clock whose sleeps take no time
  });

  it('can force a retry that comes no later than that of ky', async () => {
    virtualTime();
    const { api } = client([401, 200], { random: () => 0.9 });
    const refresh = ({ response }: { response: Response }) => (response.status === 401 ? ky.retry() : undefined);
    const startedAt = performance.now();

    await api.get(URL, { hooks: { afterResponse: [refresh] } });

    expect(performance.now() - startedAt).toBe(300);
  });

  it('can force a retry of a POST whose body came in a Request', async () => {
    const { api, fetch } = client([401, 200]);
    const refresh = ({ response }: { response: Response }) =>
      response.status === 401 ? ky.retry({ delay: 0 }) : undefined;

    const response = await api(new Request(URL, { method: 'POST', body: 'order' }), {
      hooks: { afterResponse: [refresh] },
    });

    expect(response.status).toBe(200);
    expect(fetch.calls.map(({ body }) => body)).toEqual(['order', 'order']);
  });

  it('can answer in place of the server, and are not retried', async () => {
    const { api, fetch } = client(200);
    const answer = () => new Response('cached', { status: 503 });

    const response = await api.get(URL, { throwHttpErrors: false, hooks: { beforeRequest: [answer] } });

    expect(await response.text()).toBe('cached');
    expect(fetch.calls).toHaveLength(0);
  });

  it('can answer in place of what the server said, which is judged as if it had', async () => {
    const { api, fetch } = client([{ body: 'pending' }, { body: 'done' }]);
    const judge = async ({ response }: { response: Response }) =>
      (await response.clone().text()) === 'pending' ? new Response('made up', { status: 503 }) : undefined;

    expect(await api.get(URL, { hooks: { afterResponse: [judge] } }).text()).toBe('done');
    expect(fetch.calls).toHaveLength(2);
  });

  it('can answer in place of a retry', async () => {
    const { api, fetch } = client(['network-error', 200]);
    const answer = () => new Response('cached', { status: 503 });

    const response = await api.get(URL, { throwHttpErrors: false, hooks: { beforeRetry: [answer] } });

    expect(await response.text()).toBe('cached');
    expect(fetch.calls).toHaveLength(1);
  });

  it('can fail, which ends the call untouched', async () => {
    const mistake = new Error('mine');
    const onGiveUp = vi.fn();
    const { api } = client(200, { hooks: { onGiveUp } });
    const afterResponse = [() => Promise.reject(mistake)];

    expect(await outcomeOf(api.get(URL, { hooks: { afterResponse } }))).toBe(mistake);
    expect(onGiveUp).not.toHaveBeenCalled();
  });

  it('can lower the limit in an init hook that runs later', async () => {
    const { hooks, told } = recorder();
    const { api, fetch } = client('network-error', { hooks });
    const lower = (options: { retry?: unknown }) => Object.assign(options.retry as object, { limit: 1 });

    await outcomeOf(api.extend({ hooks: { init: [lower] } }).get(URL));

    expect(fetch.calls).toHaveLength(2);
    expect(told.at(-1)![1].reason).toBe('limit');
  });

  it.each([0, { limit: 0 }])('can turn retries off by %o in an init hook, whatever the call says', async (retry) => {
    const { api, fetch } = client(503);
    const init = [(options: Options) => void Object.assign(options, { retry })];

    await outcomeOf(api.extend({ hooks: { init } }).get(URL, { steadfetch: { retry: { maxRetries: 5 } } }));

    expect(fetch.calls).toHaveLength(1);
  });

  it.each([
    [{ statusCodes: [404] }, 6],
    [{ statusCodes: [404], limit: 1 }, 2],
    [{ limit: 0 }, 1],
  ])(
    'keep the limit of the instance if an init hook replaces the option by one without a limit: %o',
    async (retry, requests) => {
      const { api, fetch } = client(404, { maxRetries: 5, budget: false });

      await outcomeOf(api.extend({ hooks: { init: [(options) => void Object.assign(options, { retry })] } }).get(URL));

      expect(fetch.calls).toHaveLength(requests);
    },
  );
});

it('what hooks take before a request is not part of the attempt: the waits are as long as without them', async () => {
  const { api, clock } = client([503, 503, 200], { random: () => 0.5 });
  const hooks = { beforeRequest: [() => clock.sleep(3_200)], beforeRetry: [() => clock.sleep(1_400)] };

  await api.get(URL, { totalTimeout: 6_000, hooks });

  expect(clock.sleeps.filter((ms) => ![3_200, 1_400].includes(ms))).toEqual([450, expect.closeTo(474, 0)]);
});
