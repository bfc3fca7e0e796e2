import { expect, it } from 'vitest';
import { policyOf } from '../src/policy.ts';

const CALL = { origin: 'https://api.test' };

it.each([
  [[true, true], true],
  [[true, false], false],
  [[false, true], false],
])('says that a retry may get its permits where each rule says so: %j', (says, expected) => {
  const { mayRetry } = policyOf([{ when: () => true }, ...says.map((said) => ({ mayRetry: () => said }))]);

  expect(mayRetry!(CALL)).toBe(expected);
});
