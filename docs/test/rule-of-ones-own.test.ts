import { fakeFetch, instantClock } from '@steadfetch/testing';
import { hooks, maxRetries, onStatus, type Rule, retryWith } from 'steadfetch/kit';
import { expect, it } from 'vitest';
import { importCode, snippetOf } from './import-snippet.ts';

const locked = (seconds: number, body = '') => ({ status: 423, headers: { 'x-lock-seconds': `${seconds}` }, body });

async function call(...replies: Parameters<typeof fakeFetch>[0] & unknown[]) {
  const server = fakeFetch(replies);
  const code = snippetOf('writing-a-middleware.md', 'function onLocked').replace('@steadfetch/core', 'steadfetch/kit');
  const { onLocked } = await importCode<{ onLocked(): Rule }>(code, server);
  const clock = instantClock();
  const reasons: string[] = [];
  const note = ({ reason }: { reason: string }) => void reasons.push(reason);
  const rules = [onStatus(503), onLocked(), maxRetries(5), hooks({ onRetry: note, onGiveUp: note })];
  const response = await retryWith(...rules, { clock, random: () => 0 })(server)('https://api.test/');
  return { status: response.status, reasons, sleeps: clock.sleeps };
}

it('waits until the lock ends, and by the backoff after a 503', async () => {
  const { status, reasons, sleeps } = await call(locked(7), 503, 200);

  expect([status, reasons]).toEqual([200, ['locked', 'status']]);
  expect(sleeps).toEqual([7_000, 600]);
});

it('does not wait for a lock that does not end, nor after ten seconds', async () => {
  expect(await call(locked(7, 'permanent'), 200)).toEqual({ status: 423, reasons: ['locked-for-good'], sleeps: [] });

  const { status, reasons } = await call(locked(6), locked(6), locked(6), 200);
  expect([status, reasons]).toEqual([423, ['locked', 'locked']]);
});
