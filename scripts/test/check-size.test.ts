import { expect, it } from 'vitest';
import { checkReadme, sentenceOf } from '../check-size.ts';

const SIZES = [
  { names: 'retry', bytes: 12_340 },
  { names: 'retryWith, maxRetries', bytes: 4_103 },
];

it('says what each import weighs', () => {
  expect(sentenceOf(SIZES)).toContain('`retry` 12.3 kB; `retryWith, maxRetries` 4.10 kB.');
});

it('accepts what it wrote, and a size that is a little off', () => {
  expect(checkReadme(`# retry\n\n${sentenceOf(SIZES)}\n`, SIZES)).toEqual([]);
  expect(checkReadme(sentenceOf([{ names: 'retry', bytes: 12_600 }]), SIZES.slice(0, 1))).toEqual([]);
});

it('names a size that is off, one that is missing, and a README without any', () => {
  expect(checkReadme(sentenceOf([{ names: 'retry', bytes: 13_000 }]), SIZES)).toEqual([
    'says 13.0 kB for retry, which weighs 12.3 kB',
    'no size of retryWith, maxRetries',
  ]);
  expect(checkReadme('# retry', SIZES)).toEqual(['no <!-- size --> and <!-- /size -->']);
});
