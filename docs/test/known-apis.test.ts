import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fakeFetch } from '@steadfetch/testing';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';
import { importSnippet } from './import-snippet.ts';

const DIR = new URL(`./.known-apis-${process.pid}/`, import.meta.url);
const page = readFileSync(new URL('../recipes-apis.md', import.meta.url), 'utf8');
const clients = readFileSync(new URL('../clients.md', import.meta.url), 'utf8');
let files = 0;
const stacks = parseMarkdown(page).fences.filter(({ code }) => code.includes('export const steady ='));

beforeAll(() => mkdirSync(DIR));
afterEach(() => vi.unstubAllGlobals());
afterAll(() => rmSync(DIR, { recursive: true }));

it.each(stacks)('the stack on line $line is a fetch, as the SDKs take one', async ({ line, code }) => {
  const steady = await stackOf(line, code, fakeFetch(200));

  expect((await steady('https://api.example.com/')).status).toBe(200);
});

it('the stack for GitHub sends an issue again that a secondary limit refused', async () => {
  const server = fakeFetch([{ status: 403, headers: { 'retry-after': '0' } }, 201]);
  const { line, code } = stacks.find((stack) => stack.code.includes('403'))!;
  const steady = await stackOf(line, code, server);

  const response = await steady('https://api.github.com/repos/o/r/issues', { method: 'POST', body: '{"title":"one"}' });

  expect(response.status).toBe(201);
  expect(server.requests).toHaveLength(2);
});

it('the stack for GitHub waits a minute after a secondary limit that only the body tells', async () => {
  const body =
    '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}';
  const server = fakeFetch([{ status: 403, body, headers: { 'x-ratelimit-remaining': '4900' } }, 201]);
  const { steady } = await importSnippet<{ steady: typeof fetch }>('recipes-apis.md', 'fetchGitHub', server);

  const call = steady('https://api.github.com/repos/o/r/issues', { method: 'POST', body: '{"title":"one"}' });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(server.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);

  expect((await call).status).toBe(201);
});

it('the stack for GitHub hands on a 403 that refuses no rate', async () => {
  const server = fakeFetch([{ status: 403, body: '{"message":"Resource not accessible"}' }]);
  const { steady } = await importSnippet<{ steady: typeof fetch }>('recipes-apis.md', 'fetchGitHub', server);

  const response = await steady('https://api.github.com/user');

  expect(await response.json()).toEqual({ message: 'Resource not accessible' });
  expect(server.requests).toHaveLength(1);
});

it.each(['openai', '@anthropic-ai/sdk'])(
  'the stack for %s sends a completion again that a limit refused',
  async (sdk) => {
    const server = fakeFetch([{ status: 429, headers: { 'retry-after': '0' } }, 200]);
    const steady = await clientStack(sdk, server);

    const response = await steady('https://api.example.com/v1/completions', { method: 'POST', body: '{}' });

    expect(response.status).toBe(200);
  },
);

it.each([
  ['openai', 250_000],
  ['@anthropic-ai/sdk', 250_000],
  ['stripe', 25_000],
])('the stack for %s lets an answer take %i ms, also one that may be repeated', async (sdk, ms) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const server = fakeFetch([{ delay: ms, status: 200 }]);
  const steady = await clientStack(sdk, server);
  const ask = (headers: HeadersInit) =>
    steady('https://api.example.com/v1/orders', { method: 'POST', body: '{}', headers });

  const calls = Promise.all([ask({}), ask({ 'idempotency-key': 'one' })]);
  await vi.advanceTimersByTimeAsync(ms);

  expect((await calls).map(({ status }) => status)).toEqual([200, 200]);
  expect(server.requests).toHaveLength(2);
});

it.each([
  [200, '{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}'],
  [403, '{"error":{"errors":[{"reason":"rateLimitExceeded"}],"code":403}}'],
  [400, '{"errors":[{"message":"Rate limit exceeded","extensions":{"code":"RATELIMITED"}}]}'],
])('a refusal that only its body tells, with status %i, is sent again by the stack for such', async (status, body) => {
  const server = fakeFetch([
    { status, body, headers: { 'retry-after': '0' } },
    { status: 200, body: '{"data":{}}' },
  ]);
  const { line, code } = stacks.find((stack) => stack.code.includes('THROTTLED'))!;
  const steady = await stackOf(line, code, server);

  const response = await steady('https://api.example.com/graphql', {
    method: 'POST',
    body: '{"query":"{ shop { name } }"}',
  });

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ data: {} });
  expect(server.requests).toHaveLength(2);
});

it.each(['{"data":{"job":{"status":"THROTTLED"}}}', '{"status":{"errorResult":{"reason":"rateLimitExceeded"}}}'])(
  'an answer that tells of an earlier refusal is none to the stack for such: %s',
  async (body) => {
    const server = fakeFetch([{ status: 200, body }]);
    const { line, code } = stacks.find((stack) => stack.code.includes('THROTTLED'))!;
    const steady = await stackOf(line, code, server);

    const response = await steady('https://api.example.com/jobs', { method: 'POST', body: '{}' });

    expect([response.status, await response.text()]).toEqual([200, body]);
    expect(server.requests).toHaveLength(1);
  },
);

it.each(['forXero', 'forSlack'] as const)('a call of %s outlasts the minute of a limit', async (name) => {
  const server = fakeFetch([{ status: 429, headers: { 'retry-after': '58' } }, 200]);
  const snippet = await importSnippet<Record<typeof name, typeof fetch>>('recipes-apis.md', name, server);

  const call = snippet[name]('https://api.example.com/users.list');
  await vi.advanceTimersByTimeAsync(65_000);

  expect((await call).status).toBe(200);
});

it('a call that waits at the limit that you know as long as it may is answered', async () => {
  const server = fakeFetch([{ delay: 5_000, status: 200 }]);
  const { steady } = await importSnippet<{ steady: typeof fetch }>('recipes-apis.md', 'requests: 100', server);

  const calls = Promise.all(Array.from({ length: 501 }, () => steady('https://api.example.com/')));
  for (let second = 0; second < 306; second++) await vi.advanceTimersByTimeAsync(1_000);

  expect((await calls).every(({ ok }) => ok)).toBe(true);
});

it('calls at once keep to both limits that you know, also where a minute passes in a line', async () => {
  const sent: number[] = [];
  const server: typeof fetch = async () => {
    sent.push(Date.now());
    return new Response();
  };
  const { steady } = await importSnippet<{ steady: typeof fetch }>('recipes-apis.md', 'requests: 10,', server);
  const mostWithin = (ms: number) => Math.max(...sent.map((at, i) => sent.slice(i).filter((b) => b < at + ms).length));

  const calls = Promise.all(Array.from({ length: 250 }, () => steady('https://api.example.com/')));
  for (let second = 0; second < 130; second++) await vi.advanceTimersByTimeAsync(1_000);

  expect((await calls).every(({ ok }) => ok)).toBe(true);
  expect([mostWithin(1_000), mostWithin(60_000)]).toEqual([10, 100]);
});

it('the stack for Hetzner does not wait for the instant at which its whole quota is back', async () => {
  const headers = { 'ratelimit-limit': '3600', 'ratelimit-remaining': '0', 'ratelimit-reset': '3600' };
  const server = fakeFetch([{ status: 429, headers }, 200]);
  const { steady } = await importSnippet<{ steady: typeof fetch }>('recipes-apis.md', 'ratelimit-reset', server);

  const call = steady('https://api.hetzner.cloud/v1/servers');
  await vi.advanceTimersByTimeAsync(60_000);

  expect((await call).status).toBe(200);
});

it.each([
  ['forXero', 'https://api.xero.com/api.xro/2.0/Invoices', 'a', 'https://api.xero.com/api.xro/2.0/Invoices', 'b'],
  [
    'forDiscord',
    'https://discord.com/api/v10/channels/1/messages',
    '',
    'https://discord.com/api/v10/channels/2/messages',
    '',
  ],
])(
  'behind the stack %s what is refused to one holds back no other',
  async (name, url, tenant, otherUrl, otherTenant) => {
    const server: typeof fetch = async (input, init) => {
      const asked = new Request(input, init);
      const isRefused = asked.url === url && asked.headers.get('xero-tenant-id') === tenant;
      return new Response(null, isRefused ? { status: 429, headers: { 'retry-after': '3600' } } : { status: 200 });
    };
    const { line, code } = parseMarkdown(page).fences.find((fence) => fence.code.includes(name))!;
    const steady = await stackOf(line, code.replace(name, 'steady'), server);
    const ask = (to: string, of: string) => steady(to, { headers: { 'xero-tenant-id': of } });

    await Promise.allSettled(Array.from({ length: 12 }, () => ask(url, tenant)));
    const response = await ask(otherUrl, otherTenant);

    expect(response.status).toBe(200);
  },
);

it('behind the stack forDiscord a refused message holds back no reading of its channel', async () => {
  const server: typeof fetch = async (_, init) =>
    new Response(null, init?.method === 'POST' ? { status: 429, headers: { 'retry-after': '3600' } } : { status: 200 });
  const { line, code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('forDiscord'))!;
  const steady = await stackOf(line, code.replace('forDiscord', 'steady'), server);
  const url = 'https://discord.com/api/v10/channels/1/messages';

  await Promise.allSettled(Array.from({ length: 12 }, () => steady(url, { method: 'POST', body: '{}' })));
  const response = await steady(url);

  expect(response.status).toBe(200);
});

it('behind the stack forSlack what is refused to one channel holds back no other', async () => {
  const server: typeof fetch = async (_, init) =>
    new Response(
      null,
      String(init?.body).startsWith('channel=a&') ? { status: 429, headers: { 'retry-after': '3600' } } : {},
    );
  const { line, code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('forSlack'))!;
  const steady = await stackOf(line, code.replace('forSlack', 'steady'), server);
  const post = (channel: string) =>
    steady('https://slack.com/api/chat.postMessage', { method: 'POST', body: `channel=${channel}&text=hello` });

  await Promise.allSettled(Array.from({ length: 12 }, () => post('a')));
  const response = await post('b');

  expect(response.status).toBe(200);
});

it.each([
  ['a text', 'sendMessage', (chat: number) => ({ method: 'POST', body: JSON.stringify({ chat_id: chat, text: 'x' }) })],
  ['the URL', 'sendMessage?chat_id=', () => ({})],
  ['a form', 'sendPhoto', (chat: number) => ({ method: 'POST', body: formOf({ chat_id: String(chat), photo: 'x' }) })],
])(
  'behind the stack forTelegram a group above its limit, named in %s, holds back no other chat',
  async (_, to, init) => {
    const server: typeof fetch = async (url, { body } = {}) =>
      `${url} ${body instanceof FormData ? body.get('chat_id') : body}`.includes('-100')
        ? new Response('{"ok":false,"parameters":{"retry_after":3600}}', { status: 429 })
        : new Response('{"ok":true}');
    const { line, code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('forTelegram'))!;
    const steady = await stackOf(line, code.replace('steady', 'forGemini').replace('forTelegram', 'steady'), server);
    const send = (chat: number) =>
      steady(`https://api.telegram.org/bot/${to}${to.endsWith('=') ? chat : ''}`, init(chat));

    await Promise.allSettled(Array.from({ length: 12 }, () => send(-100)));
    const responses = await Promise.all([send(7), send(-200)]);

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  },
);

it('behind the stack forSlack a workspace above a limit holds back no other', async () => {
  const server: typeof fetch = async (_, init) =>
    new Response(
      null,
      new Headers(init?.headers).get('authorization') === 'Bearer a'
        ? { status: 429, headers: { 'retry-after': '3600' } }
        : {},
    );
  const { line, code } = parseMarkdown(page).fences.find((fence) => fence.code.includes('forSlack'))!;
  const steady = await stackOf(line, code.replace('forSlack', 'steady'), server);
  const list = (token: string) =>
    steady('https://slack.com/api/users.list', { method: 'POST', headers: { authorization: `Bearer ${token}` } });

  await Promise.allSettled(Array.from({ length: 12 }, () => list('a')));
  const response = await list('b');

  expect(response.status).toBe(200);
});

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** The stack that the page of clients gives to a client. */
function clientStack(client: string, server: typeof fetch): Promise<typeof fetch> {
  const { line, code } = parseMarkdown(clients).fences.find((fence) => fence.code.includes(`from '${client}'`))!;
  const stack = /^const steady = .*$/m.exec(code)![0];
  return stackOf(line, `import { standard } from 'steadfetch';\nexport ${stack}\n`, server);
}

async function stackOf(line: number, code: string, server: typeof fetch): Promise<typeof fetch> {
  vi.stubGlobal('fetch', server);
  const file = new URL(`${line}-${++files}.ts`, DIR);
  writeFileSync(file, code);
  return ((await import(file.href)) as { steady: typeof fetch }).steady;
}
