import fc from 'fast-check';

/** Any code point but half surrogates. */
const codePoint = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));

/** Any text. For each `fc.string({ unit: 'binary' })` a table of a million characters would be made, and kept in memory. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.array(codePoint).map((points) => String.fromCodePoint(...points)),
);
