import { seededRandom } from '@steadfetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { uuid } from '../src/index.ts';

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const { crypto } = globalThis;
const CRYPTOS = {
  'all of crypto': crypto,
  'crypto without randomUUID': { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
  'no crypto': undefined,
};

afterEach(() => vi.unstubAllGlobals());

describe('uuid', () => {
  it.each(Object.entries(CRYPTOS))('is of version 4 and never twice the same with %s', (_name, available) => {
    vi.stubGlobal('crypto', available);

    const made = Array.from({ length: 1_000 }, () => uuid());

    expect(new Set(made).size).toBe(1_000);
    for (const each of made) expect(each).toMatch(VERSION_4);
  });

  it('uses the random that is passed when there is no crypto', () => {
    vi.stubGlobal('crypto', undefined);

    expect(uuid(seededRandom(1))).toBe(uuid(seededRandom(1)));
    expect(uuid(seededRandom(1))).not.toBe(uuid(seededRandom(2)));
    expect(uuid(() => 1 - Number.EPSILON)).toMatch(VERSION_4);
  });
});
