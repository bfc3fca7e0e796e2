import { instantClock, networkError } from '@steadfetch/testing';
import ky, { NetworkError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, URL } from './client.ts';

describe('POST', () => {
  it('is not repeated on a status', async () => {
    const onGiveUp = vi.fn();
    const { api, fetch } = client([503, 200], { hooks: { onGiveUp } });

    await expect(api.post(URL, { json: {} })).rejects.toThrow('503');
    expect(fetch.calls).toHaveLength(1);
    expect(onGiveUp).toHaveBeenCalledWith(expect.objectContaining({ reason: 'method-not-idempotent' }));
  });

  it('is repeated with a key that a beforeRequest hook adds, after ours or before', async () => {
    const { api, fetch } = client([503, 'network-error', 200]);
    const addKey = ({ request }: { request: Request }) => request.headers.set('idempotency-key', '"k-1"');

    await api.extend({ hooks: { beforeRequest: [addKey] } }).post(URL, { json: { a: 1 } });

    expect(fetch.calls.map((call) => call.headers.get('idempotency-key'))).toEqual(['"k-1"', '"k-1"', '"k-1"']);
    expect(fetch.calls.map((call) => call.body)).toEqual(Array(3).fill('{"a":1}'));
  });

  it('is not repeated because of an error, which proves nothing', async () => {
    const refused = networkError('ECONNREFUSED', URL);
    const fetch = vi.fn().mockRejectedValueOnce(refused).mockResolvedValue(new Response());
    const api = ky.create({ fetch, hooks: retry({ clock: instantClock() }) });

    await api.post(URL, { json: {}, redirect: 'error' }).catch(() => {});

    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('is repeated when the options say so', async () => {
    const { api, fetch } = client([503, 200], { idempotent: true });

    await api.post(URL, { json: {} });

    expect(fetch.calls).toHaveLength(2);
  });

  it('tells why a stream is not sent again', async () => {
    const onGiveUp = vi.fn();
    const { api, fetch } = client(['network-error', 200], { hooks: { onGiveUp } });

    await expect(api.put(URL, { body: new Blob(['x']).stream() })).rejects.toBeInstanceOf(NetworkError);
    expect(fetch.calls).toHaveLength(1);
    expect(onGiveUp).toHaveBeenCalledWith(expect.objectContaining({ reason: 'body-not-replayable' }));
  });
});
