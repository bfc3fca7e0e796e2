import { afterEach, describe, expect, it, vi } from 'vitest';
import { compose, defineMiddleware, observe } from '../src/index.ts';

const document = { baseURI: '' };

/** Sends each call twice. Meanwhile the page goes to an order, as a router goes by `history.pushState()`. */
const twice = defineMiddleware(async (call, next) => {
  await next(call);
  document.baseURI = 'https://shop.test/orders/7/';
  return next(call);
});

function openPage(baseURI = 'https://shop.test/users/1/') {
  document.baseURI = baseURI;
  vi.stubGlobal('document', document);
  const sent: unknown[] = [];
  const fetch = async (input: unknown) => {
    sent.push(input);
    return new Response();
  };
  vi.stubGlobal('fetch', fetch);
  return { sent, fetch };
}

describe('a page that goes elsewhere while a call waits', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('does not change the meaning of a relative URL of the call', async () => {
    const { sent, fetch } = openPage();
    const urls: string[] = [];
    await compose(
      observe(({ url }) => void urls.push(url)),
      twice,
    )(fetch)('settings#top', { method: 'PUT' });

    expect(sent).toEqual(['settings#top', 'https://shop.test/users/1/settings#top']);
    expect(new Set(urls)).toEqual(new Set(['https://shop.test/users/1/settings']));
  });

  it.each(['https://api.test/a', '//api.test/a', 'data:,a'])('leaves %s as it means the same', async (url) => {
    const { sent, fetch } = openPage();
    await twice(fetch)(url);

    expect(sent.map((input) => new URL(String(input), document.baseURI).href)).toEqual(
      Array(2).fill(new URL(url, document.baseURI).href),
    );
  });

  it.each(['/users', '#top', ''])('leaves %j as it was given if only the fragment moves', async (url) => {
    const { sent, fetch } = openPage('https://shop.test/orders/7/#top');
    await twice(fetch)(url);

    expect(sent).toEqual([url, url]);
  });

  it('leaves a path to a global fetch that puts a base in front', async () => {
    const { sent, fetch } = openPage();
    const patched = (input: unknown) => fetch(`https://api.test${input}`);
    vi.stubGlobal('fetch', patched);
    await twice(patched)('/users');

    expect(sent).toEqual(Array(2).fill('https://api.test/users'));
  });

  it('leaves a URL as it was given for a fetch that has its own base', async () => {
    const { sent, fetch } = openPage();
    await twice((input) => fetch(`https://api.test/${input}`))('settings');

    expect(sent).toEqual(Array(2).fill('https://api.test/settings'));
  });

  it.each(['https://api.test/a', new Request('https://api.test/a')])('lets a layer send %s instead', async (input) => {
    const { sent, fetch } = openPage();
    const moved = defineMiddleware((call, next) => next(call.with({ input })));
    await compose(twice, moved)(fetch)('settings');

    expect(sent).toEqual([input, input]);
  });
});
