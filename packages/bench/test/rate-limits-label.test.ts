import { describe, expect, it } from 'vitest';
import { labelOf } from '../src/rate-limits/draw.ts';

describe('labelOf', () => {
  it.each([
    ['steadfetch retry(), rateLimit()', { refused: 0.032, lost: 0 }, 'steadfetch: 3 % refused'],
    ['ky, limit 5', { refused: 0.648, lost: 57 }, 'ky: 65 % refused, 57 lost'],
    ['undici interceptors.retry, 5', { refused: 0.649, lost: 10 }, 'undici: 65 % refused, 10 lost'],
  ])('names the library of %s, and what it cost', (client, measured, label) => {
    expect(labelOf(client, measured)).toBe(label);
  });
});
