import { describe, expect, it } from 'vitest';
import { fakeFetch, type Repeat, type Reply, type Script, startServer } from '../src/index.ts';

const URL = 'http://api.test/';

async function statuses(script: Script, repeat: Repeat | undefined, calls: number): Promise<number[]> {
  const fetch = fakeFetch(script, repeat ? { repeat } : {});
  const all: number[] = [];
  for (let i = 0; i < calls; i++) all.push((await fetch(URL)).status);
  return all;
}

describe('a script', () => {
  it('is played in order, the last reply repeating', async () => {
    expect(await statuses([503, { status: 429 }, 200], undefined, 5)).toEqual([503, 429, 200, 200, 200]);
  });

  it('starts over where asked to cycle', async () => {
    expect(await statuses([503, 200], 'cycle', 5)).toEqual([503, 200, 503, 200, 503]);
  });

  it('fails the call after the last one where nothing repeats', async () => {
    const fetch = fakeFetch([503, 200], { repeat: 'none' });
    await fetch(URL);
    await fetch(URL);

    await expect(fetch(URL)).rejects.toThrow('script: call 3 came after the 2 replies were used up');
    expect(fetch.requests[2]!.problem).toBeInstanceOf(Error);
  });

  it('can be one reply', async () => {
    expect(await statuses(503, undefined, 2)).toEqual([503, 503]);
    expect(await statuses({ status: 201 }, undefined, 2)).toEqual([201, 201]);
  });

  it('can be a function of the request and its index, also an async one', async () => {
    const script: Script = async (request, index) => (request.url === URL && index === 1 ? 500 : { status: 202 });

    expect(await statuses(script, undefined, 3)).toEqual([202, 500, 202]);
  });
});

describe('a reply', () => {
  const bad: [unknown, ErrorConstructor, string][] = [
    [99, RangeError, 'reply: status: expected an integer from 200 to 599, got 99'],
    [600, RangeError, 'reply: status'],
    [200.5, RangeError, 'reply: status'],
    [Number.NaN, RangeError, 'reply: status'],
    ['networkerror', TypeError, `reply: expected a status, 'network-error' or an object, got "networkerror"`],
    [new Response(), TypeError, `reply: expected a status, 'network-error' or an object, got [object Response]`],
    [null, TypeError, 'reply'],
    [undefined, TypeError, 'reply'],
    [{ status: '200' }, TypeError, 'reply: status'],
    [{ statuscode: 200 }, TypeError, "reply: unknown option 'statuscode'"],
    [{ delay: -1 }, RangeError, 'reply: delay'],
    [{ delay: 2 ** 31 }, RangeError, 'reply: delay'],
    [{ status: 204, body: 'x' }, TypeError, 'reply: body: expected none for the status 204'],
    [{ status: 304, json: 1 }, TypeError, 'reply: body: expected none for the status 304'],
    [{ json: {}, body: '{}' }, TypeError, 'reply: body: expected none beside json'],
    [{ fault: 'explode' }, TypeError, 'reply: fault: expected one of refuse, reset'],
    [{ every: Number.NaN }, RangeError, 'reply: every'],
    [{ error: 7 }, TypeError, 'reply: error'],
    [{ networkError: 'no' }, TypeError, 'reply: networkError: expected true or false, got "no"'],
    [{ body: 7 }, TypeError, 'reply: body'],
    [{ headers: 'a: b' }, TypeError, 'reply: headers'],
    [{ headers: [['a', 'b']] }, TypeError, 'reply: headers: expected an object of names and values'],
    [{ headers: { 'a b': 'c' } }, TypeError, 'reply: headers: expected names of headers, got "a b"'],
    [{ headers: { x: 'a\nb' } }, TypeError, 'reply: headers: x: expected a string without line breaks'],
    [{ headers: { x: '\u2192' } }, TypeError, 'reply: headers: x'],
    [{ headers: { x: undefined } }, TypeError, 'reply: headers: x'],
  ];

  it.each(bad)('is refused when it means nothing: %j', (reply, type, message) => {
    expect(() => fakeFetch([reply as Reply])).toThrow(type);
    expect(() => fakeFetch([reply as Reply])).toThrow(message);
  });

  it('is refused when the list is empty, or the repetition unknown, also by a server', async () => {
    const repeat = 'for\never' as Repeat;
    const message = 'script: repeat: expected one of last, cycle, none, got "for\\never"';

    expect(() => fakeFetch([])).toThrow(RangeError);
    expect(() => fakeFetch([200], { repeat })).toThrow(message);
    await expect(startServer([200], { repeat })).rejects.toThrow(message);
  });
});
