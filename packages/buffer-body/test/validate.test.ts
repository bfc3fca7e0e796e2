import { gzipSync } from 'node:zlib';
import { classifyError, compose, type Middleware } from '@steadfetch/core';
import { startServer } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCutOff } from '../src/check-body.ts';
import { type BufferBodyOptions, bufferBody } from '../src/index.ts';
import { bodyOf, rejection, URL } from './stubs.ts';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const send = (
  body: string,
  headers: Record<string, string>,
  validate: BufferBodyOptions['validate'] = 'content-length',
) => bufferBody({ validate })(async () => new Response(body, { headers }))(URL);

describe('bufferBody with validate', () => {
  it.each([
    ['half', '8', 'the body has 4 bytes, Content-Length promised 8'],
    ['whole and more', '5', 'the body has 14 bytes, Content-Length promised 5'],
    ['', '1', 'the body has 0 bytes, Content-Length promised 1'],
  ])('refuses the body %j when %s bytes were promised', async (body, length, message) => {
    const error = await rejection(send(body, { 'content-length': length }));

    expect(error).toMatchObject({ name: 'NetworkError', message });
    expect(classifyError(error)).toEqual({ kind: 'network', permanent: false });
  });

  it.each([
    ['the length is right', { 'content-length': '4' }],
    ['there is none', {}],
    ['it is no number', { 'content-length': '4 bytes' }],
    ['it counts encoded bytes', { 'content-length': '2', 'content-encoding': 'gzip' }],
    ['chunks override it', { 'content-length': '2', 'transfer-encoding': 'chunked' }],
  ])('takes a body when %s', async (_why, headers) => {
    expect(await (await send('body', headers as Record<string, string>)).text()).toBe('body');
  });

  it('compares when the encoding is none', async () => {
    const error = await rejection(send('body', { 'content-length': '2', 'content-encoding': 'identity' }));

    expect(error).toMatchObject({ name: 'NetworkError' });
  });

  it('does not compare across origins, since a page cannot see the encoding there', async () => {
    const response = new Response('body', { headers: { 'content-length': '2' } });
    Object.defineProperty(response, 'type', { value: 'cors' });

    expect(await (await bufferBody({ validate: 'content-length' })(async () => response)(URL)).text()).toBe('body');
  });

  it('compares nothing by default: a layer below may have made another body and kept the fields', async () => {
    await using server = await startServer({ body: 'secret' });
    const decode: Middleware = (next) => async (input, init) => {
      const response = await next(input, init);
      return new Response(`decoded ${await response.text()}`, response);
    };

    const response = await compose(bufferBody(), decode)(fetch)(server.url);

    expect(await response.text()).toBe('decoded secret');
  });

  it('takes a compressed body from a real server', async () => {
    const body = gzipSync('x'.repeat(10_000));
    await using server = await startServer({ headers: { 'content-encoding': 'gzip' }, body: new Uint8Array(body) });

    const steady = bufferBody({ validate: 'content-length' })(fetch);

    expect(await (await steady(server.url)).text()).toHaveLength(10_000);
  });

  it.each(['json', false] as const)('compares no length with validate: %j', async (validate) => {
    expect(await (await send('half', { 'content-length': '8' }, validate)).text()).toBe('half');
  });

  it.each(['{"a":1', '[1,2', '{"a":"b', '', '  ', '{"a":"b\\"}', '[{"a":[1]}'])(
    'refuses the JSON %j, which ends early',
    async (body) => {
      const error = await rejection(send(body, JSON_TYPE, 'json'));

      expect(error).toMatchObject({ name: 'NetworkError', message: expect.stringContaining('ends early') });
    },
  );

  it.each(['{"a":1}', '"text"', '1', 'null', '[]', '\ufeff{}'])('takes the JSON %j', async (body) => {
    expect((await send(body, JSON_TYPE, 'json')).status).toBe(200);
  });

  it.each(['{a:1}', 'oops', '{"a":1}}', "{'a':1}", '<html>'])(
    'hands on %j, which is whole but no JSON: a repetition would return it again',
    async (body) => {
      expect(await (await send(body, JSON_TYPE, 'json')).text()).toBe(body);
    },
  );

  it('looks only at JSON by its type', async () => {
    const untyped = new Response(bodyOf(['{"a":1']));

    expect((await bufferBody({ validate: 'json' })(async () => untyped)(URL)).status).toBe(200);
    expect((await send('{"a":1', { 'content-type': 'text/plain' }, 'json')).status).toBe(200);
    expect((await send('{"a":1', { 'content-type': 'application/jsonlines' }, 'json')).status).toBe(200);
    await expect(send('{"a":1', { 'content-type': 'application/problem+json' }, 'json')).rejects.toThrow('ends early');
  });

  it('takes a part of a JSON file, which ends anywhere', async () => {
    const part = async () => new Response('{"a":1', { status: 206, headers: JSON_TYPE });
    expect(await (await bufferBody({ validate: 'json' })(part)(URL)).text()).toBe('{"a":1');
  });

  it('takes an empty body that was announced as empty', async () => {
    expect((await send('', { ...JSON_TYPE, 'content-length': '0' }, 'json')).status).toBe(200);
  });

  it('does not look into JSON without being asked', async () => {
    expect((await send('{"a":1', JSON_TYPE, false)).status).toBe(200);
  });
});

describe('isCutOff', () => {
  it('takes a backslash outside of strings for text like any other', () => {
    expect(isCutOff('["a"]\\n')).toBe(false);
    expect(isCutOff('["a"\\n')).toBe(true);
  });

  it('recognises every real beginning of an object or array', () => {
    const value = fc.oneof(fc.object(), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(value, fc.nat(), (json, at) => {
        const text = JSON.stringify(json);

        expect(isCutOff(text.slice(0, at % text.length))).toBe(true);
        expect(isCutOff(text)).toBe(false);
      }),
    );
  });
});
