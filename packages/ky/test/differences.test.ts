import { instantClock } from '@steadfetch/testing';
import ky, { HTTPError, TimeoutError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL, virtualTime } from './client.ts';

const asks = (retryAfter: string, status = 503) => ({ status, headers: { 'retry-after': retryAfter } });

/** The rows of the table in the README: what differs from plain ky on purpose. */
describe('other than ky, retry()', () => {
  it('repeats an attempt that timed out, unless retryOnTimeout is false', async () => {
    const stuck = { fault: 'stall-headers' } as const;
    const ours = client([stuck, 200]);
    const told = client([stuck, 200]);

    expect((await ours.api.get(URL, { timeout: 5 })).status).toBe(200);
    expect(await outcomeOf(told.api.get(URL, { timeout: 5, retry: { retryOnTimeout: false } }))).toBeInstanceOf(
      TimeoutError,
    );
  });

  it('does not wait before the first retry after a timeout', async () => {
    const stuck = { fault: 'stall-headers' } as const;
    const { api, clock } = client([stuck, stuck, 200]);

    await api.get(URL, { timeout: 5, retry: { delay: () => 700, retryOnTimeout: true } });

    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([700]);
  });

  it('gives up where the server asks for more than 65 s, unless maxRetryAfter allows it', async () => {
    expect(await outcomeOf(client([asks('66'), 200]).api.get(URL))).toBeInstanceOf(HTTPError);
    expect((await client([asks('66'), 200]).api.get(URL, { retry: { maxRetryAfter: 70_000 } })).status).toBe(200);
  });

  it('gives up above maxRetryAfter, and comes back no earlier than asked', async () => {
    const { api, clock } = client([asks('1'), 200]);

    expect(await outcomeOf(api.get(URL, { retry: { maxRetryAfter: 420 } }))).toBeInstanceOf(HTTPError);
    expect(clock.sleeps).toEqual([]);
  });

  it('spreads a wait of the server upwards, by a fifth at most', async () => {
    const { api, clock } = client([asks('10'), 200], { random: () => 0.5 });

    await api.get(URL);

    expect(clock.sleeps).toEqual([11_000]);
  });

  it('waits for the larger of the own delay and that of the server, so that jitter is asked for both', async () => {
    const jitter = vi.fn((ms: number) => ms);
    const { api, clock } = client([asks('1'), 200], { serverHints: { spread: 0 } });

    await api.get(URL, { retry: { delay: () => 5_000, jitter } });

    expect(clock.sleeps).toEqual([5_000]);
    expect(jitter).toHaveBeenCalledTimes(1);
  });

  it('obeys a Retry-After of 0 once, and then backs off', async () => {
    const { api, clock } = client([asks('0'), asks('0'), 200], { delay: () => 250 });

    await api.get(URL);

    expect(clock.sleeps).toEqual([0, 250]);
  });

  it('spreads its own delays, where ky waits 300, 600, 1200 ms', async () => {
    const { api, clock } = client([503, 503, 200], { random: () => 0.5 });

    await api.get(URL);

    expect(clock.sleeps).toEqual([450, 900]);
  });

  it('ends at once with the real outcome where a wait does not fit totalTimeout', async () => {
    virtualTime();
    const { api, clock } = client(503, { delay: () => 500 });

    expect(await outcomeOf(api.get(URL, { totalTimeout: 200 }))).toBeInstanceOf(HTTPError);
    expect(clock.sleeps).toEqual([]);
  });

  it("counts a date from the server's own clock", async () => {
    const date = (ms: number) => new Date(Date.UTC(2020, 0, 1) + ms).toUTCString();
    const reply = { status: 503, headers: { date: date(0), 'retry-after': date(30_000) } };
    const { api, clock } = client([reply, 200], { serverHints: { spread: 0 } });

    await api.get(URL);

    expect(clock.sleeps).toEqual([30_000]);
  });

  it('takes a 413 for final where its Retry-After says nothing', async () => {
    expect(await outcomeOf(client([asks('soon', 413), 200]).api.get(URL))).toBeInstanceOf(HTTPError);
    expect((await client([asks('1', 413), 200]).api.get(URL)).status).toBe(200);
  });

  it('wants evidence for a 403 that statusCodes lists, unless shouldRetry says yes', async () => {
    const listed = { statusCodes: [403], delay: () => 0 };
    const get = (reply: Parameters<typeof client>[0], retry: object) =>
      outcomeOf(client(reply).api.get(URL, { retry }));

    expect(await get([403, 200], listed)).toBeInstanceOf(HTTPError);
    expect(await get([asks('1', 403), 200], listed)).toHaveProperty('status', 200);
    expect(await get([403, 200], { ...listed, shouldRetry: () => true })).toHaveProperty('status', 200);
    expect(await get([413, 200], { ...listed, statusCodes: [413] })).toHaveProperty('status', 200);
  });

  it('waits for no body before a retry', async () => {
    const { api, fetch } = client([{ status: 503, body: 'half', fault: 'stall-body' }, 200]);

    expect((await api.get(URL, { totalTimeout: 5_000 })).status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
  });

  it('sends a stream once, unless ky is told a limit', async () => {
    const put = (options: object) => {
      const { api, fetch } = client([503, 200]);
      return outcomeOf(api.put(URL, { body: new Blob(['x']).stream(), ...options })).then(() => fetch.calls.length);
    };

    expect([await put({}), await put({ retry: 1 }), await put({ retry: { limit: 1 } })]).toEqual([1, 2, 2]);
  });

  it('repeats statuses with throwHttpErrors: false', async () => {
    expect((await client([503, 200]).api.get(URL, { throwHttpErrors: false })).status).toBe(200);
  });

  it('repeats a POST that has a key', async () => {
    const headers = { 'idempotency-key': '"k"' };

    expect((await client([503, 200]).api.post(URL, { headers })).status).toBe(200);
    expect(await outcomeOf(client([503, 200]).api.post(URL))).toBeInstanceOf(HTTPError);
  });

  it.each([425, 520, 521, 522, 523, 524, 529])('repeats a %i', async (status) => {
    expect((await client([status, 200]).api.get(URL)).status).toBe(200);
  });

  it('takes the veto of a server', async () => {
    const { api } = client([{ status: 503, headers: { 'x-should-retry': 'false' } }, 200]);

    expect(await outcomeOf(api.get(URL))).toBeInstanceOf(HTTPError);
  });

  it('hears waits on any status, whatever afterStatusCodes lists', async () => {
    const { api, clock } = client([asks('2', 500), 200], { delay: () => 1, serverHints: { spread: 0 } });

    await api.get(URL, { retry: { afterStatusCodes: [429] } });

    expect(clock.sleeps).toEqual([2_000]);
  });

  it('refuses statusCodes below 400', () => {
    expect(() => client(200).api.get(URL, { retry: { statusCodes: [304] } })).toThrow(RangeError);
  });

  it('ends where the budget is spent', async () => {
    const { hooks, told } = recorder();
    const budget = { acquire: () => undefined, record: () => {} };

    await outcomeOf(client(503, { budget, hooks }).api.get(URL));

    expect(told.map(([, { reason }]) => reason)).toEqual(['budget']);
  });

  it('shows stringifyJson a copy of the object, as ky does below any init hook', async () => {
    const json = { a: 1 };
    const stringifyJson = vi.fn(JSON.stringify);
    const fetch = async () => new Response();

    await ky.create({ fetch, hooks: retry({ clock: instantClock() }) }).post(URL, { json, stringifyJson });
    await ky.create({ fetch, hooks: { init: [() => {}] } }).post(URL, { json, stringifyJson });

    expect(stringifyJson.mock.calls.map(([given]) => given === json)).toEqual([false, false]);
  });
});
