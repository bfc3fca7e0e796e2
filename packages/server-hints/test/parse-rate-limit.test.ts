import { describe, expect, it } from 'vitest';
import { parseRateLimit, parseRateLimitPolicy } from '../src/index.ts';

describe('parseRateLimit', () => {
  it('reads the members of every policy', () => {
    expect(parseRateLimit('"burst";r=0;t=5, "daily";r=900;pk=:cHsdsRa894==:')).toEqual([
      { name: 'burst', r: 0, t: 5 },
      { name: 'daily', r: 900, pk: 'cHsdsRa894==' },
    ]);
  });

  it('reads names with escapes and separators in them', () => {
    expect(parseRateLimit('"a\\"b\\\\c;r=1,x";r=2')).toEqual([{ name: 'a"b\\c;r=1,x', r: 2 }]);
  });

  it('tolerates a token as a name', () => {
    expect(parseRateLimit('default;r=3')).toEqual([{ name: 'default', r: 3 }]);
  });

  it('skips unknown parameters of every type', () => {
    const comments = [
      'a',
      'b=?0',
      'c=1.5',
      'd=@1659578233',
      'e="x"',
      'f=to/ken',
      'g=:aGk=:',
      'h=%"f%c3%bc"',
      '*i-j.k_l=-1',
    ];

    expect(parseRateLimit(`"default";r=1;${comments.join(';')}`)).toEqual([{ name: 'default', r: 1 }]);
  });

  it('lets the last of two equal parameters win', () => {
    expect(parseRateLimit('"default";r=5;r=0')).toEqual([{ name: 'default', r: 0 }]);
  });

  it('counts -0 as 0', () => {
    expect(parseRateLimit('"default";r=-0')).toEqual([{ name: 'default', r: 0 }]);
  });

  it('returns no members for an empty field', () => {
    expect(parseRateLimit(' ')).toEqual([]);
  });

  it('reads 1,024 members', () => {
    const members = Array.from({ length: 1_024 }, (_, index) => `"policy-${index}";r=${index};t=1`);

    expect(parseRateLimit(members.join(', '))).toHaveLength(1_024);
  });

  it.each([
    null,
    undefined,
    '"default"',
    '"default";t=1',
    '"a";r=1, "b";t=1',
    '"default";r=1.0',
    '"default";r=-1',
    '"default";r',
    '"default";r=1;t=x',
    '"default";r=1;t=1234567890123456',
    '"default";r=1;pk="text"',
    '"default";r=1;pk=:a:',
    '"default";r=1;pk=:a=b=:',
    '"default";r=1;x=1.2345',
    '"default";r=1;x=1.',
    '"default";r=1;x=',
    '"default";r=1;',
    '"default";\tr=1',
    '"default" ;r=1',
    '"default";r =1',
    '"default";R=1',
    '"default";r=1,',
    ',"default";r=1',
    '"default";r=1,,"b";r=1',
    '"default";r=1 "b";r=1',
    '"default;r=1',
    '"defa\\ult";r=1',
    '"défaut";r=1',
    '("a" "b");r=1',
    ':YQ==:;r=1',
    '?1;r=1',
    '100;r=1',
  ])('drops all of %j', (value) => {
    expect(parseRateLimit(value)).toBeUndefined();
  });
});

describe('parseRateLimitPolicy', () => {
  it('reads the members of every policy', () => {
    expect(parseRateLimitPolicy('"burst";q=100;w=60,"bytes";q=5000;qu="content-bytes";pk=:YQ==:')).toEqual([
      { name: 'burst', q: 100, qu: 'requests', w: 60 },
      { name: 'bytes', q: 5_000, qu: 'content-bytes', pk: 'YQ==' },
    ]);
  });

  it.each([
    null,
    '',
    '"a"',
    '"a";w=1',
    'a;q=1',
    '100;w=60',
    '"a";q=1;w=0',
    '"a";q=1;qu=requests',
    '"a";q=-1',
    '"a";q=,w',
  ])('drops all of %j', (value) => {
    expect(parseRateLimitPolicy(value)).toBeUndefined();
  });
});
