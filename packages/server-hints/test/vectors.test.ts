import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { serverDelay } from '../src/index.ts';
import { respond } from './respond.ts';

interface Vector {
  id: string;
  why: string;
  headers: Record<string, string>;
  status: number;
  nowEpochMs: number;
  expect: { delayMs: number | null; source: string | null };
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('retry-after-vectors.json', import.meta.url), 'utf8'));
const zone = process.env.TZ;

afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe.each([
  ['UTC', 0],
  ['America/New_York', 300],
])('serverDelay in %s', (timeZone, offset) => {
  it('runs in that time zone', () => {
    process.env.TZ = timeZone;

    expect(new Date('2025-01-01').getTimezoneOffset()).toBe(offset);
  });

  it.each(vectors)('$id: $why', ({ headers, status, nowEpochMs, expect: expected }) => {
    process.env.TZ = timeZone;

    const delay = serverDelay(respond(status, headers), { now: nowEpochMs });

    expect({ delayMs: delay?.ms ?? null, source: delay?.source ?? null }).toEqual(expected);
  });
});
