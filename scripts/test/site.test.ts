import { describe, expect, it } from 'vitest';
import { contents, labelOf, slugOf } from '../../packages/site/contents.ts';
import { hrefOf, pageOf } from '../../packages/site/page.ts';
import { absoluteLinks } from '../absolute-links.ts';
import { mapLinks } from '../markdown.ts';
import { isPlaceholder, REPOSITORY, urlOf } from '../project.ts';

const places = {
  base: '/base',
  files: new Set(['docs/order.md', 'packages/retry/README.md', 'docs/decisions/0001-a.md', 'examples/timeouts.ts']),
};

describe('contents', () => {
  it('gives each page of docs exactly one place', () => {
    const files = contents().flatMap((section) => section.files);

    expect(new Set(files).size).toBe(files.length);
    expect(files).toEqual(
      expect.arrayContaining(['docs/getting-started.md', 'packages/retry/README.md', 'SECURITY.md']),
    );
    expect(files.filter((file) => file.includes('packages/bench'))).toEqual([]);
  });

  it('makes addresses of files', () => {
    expect(
      ['README.md', 'docs/order.md', 'packages/retry/README.md', 'packages/rate-limit/HOW.md'].map(slugOf),
    ).toEqual(['', 'order', 'packages/retry', 'packages/rate-limit/how']);
  });

  it('makes short labels', () => {
    expect(labelOf('packages/retry/README.md', '@steadfetch/retry')).toBe('retry');
    expect(labelOf('docs/events.md', 'Events: see what happens')).toBe('Events');
    expect(labelOf('docs/decisions/0001-a.md', '0001. A choice')).toBe('0001 A choice');
  });
});

describe('a page of the site', () => {
  it.each([
    ['order.md', '/base/order/'],
    ['order.md#what', '/base/order/#what'],
    ['../packages/retry/README.md', '/base/packages/retry/'],
    ['../packages/retry', '/base/packages/retry/'],
    ['../examples', '/base/examples/'],
    ['../README.md', '/base/'],
    ['#here', '#here'],
    ['https://example.com/a.md', 'https://example.com/a.md'],
  ])('leads from %s to %s', (target, href) => {
    expect(hrefOf('docs/limits.md', target, places)).toBe(href);
  });

  it('shows the text of a link to a source, as long as the repository has no address', () => {
    const { body } = pageOf('docs/a.md', '# A\n\nSee [the `table`](../scripts/layers.ts).', places);
    const link = `[the \`table\`](${urlOf('scripts/layers.ts')})`;

    expect(body).toBe(`See ${isPlaceholder(REPOSITORY) ? 'the `table`' : link}.`);
  });

  it('has the first sentence as its description, and no heading in its text', () => {
    const { title, description, body } = pageOf(
      'docs/a.md',
      '# `A`\n\nOne sentence with a [link](order.md). Two.\n\n## B\n',
      places,
    );

    expect({ title, description }).toEqual({ title: 'A', description: 'One sentence with a link.' });
    expect(body).toBe('One sentence with a [link](/base/order/). Two.\n\n## B\n');
  });

  it('leaves code as it is', () => {
    const code = '```ts\nconst a = b[c](order.md);\n| a |\n| b |\n```';

    expect(pageOf('docs/a.md', `# A\n\n${code}\n`, places).body).toBe(`${code}\n`);
  });

  it('puts a table into a box that keys can scroll', () => {
    const { body } = pageOf('docs/a.md', '# A\n\n| a |\n|---|\n| b |\n', places);

    expect(body).toContain('tabindex="0" role="group" aria-label="Table">\n\n| a |\n|---|\n| b |\n\n</div>');
  });

  it('is made of an example', () => {
    const source = '// Says what one sees.\n//\n//   pnpm example a-b\n\nconsole.log(1);\n\n// Output:\n// 1\n';
    const { title, description, body } = pageOf('examples/a-b.ts', source, places);

    expect({ title, description }).toEqual({ title: 'A b', description: 'Says what one sees.' });
    expect(body).toContain('    pnpm example a-b\n\n```ts\nconsole.log(1);');
  });
});

describe('mapLinks', () => {
  it('finds links around code, images and attributes, and none in code', () => {
    const found: string[] = [];
    const text = '[`a`](1) ![b [c]](2) `[d](3)` <img src="4">\n```\n[e](5)\n```\n[f](6)';

    mapLinks(text, ({ target, image }) => {
      found.push(`${target}${image ? ' image' : ''}`);
      return undefined;
    });

    expect(found).toEqual(['1', '2 image', '4 image', '6']);
  });
});

describe('absoluteLinks', () => {
  it('makes links of a README work where npm shows it', () => {
    const text = '[a](../retry/README.md#use) [b](https://example.com) [c](#d) ![e](../../docs/img/storm-light.svg)';

    expect(absoluteLinks('packages/ky/README.md', text)).toBe(
      `[a](${urlOf('packages/retry/README.md')}#use) [b](https://example.com) [c](#d) ` +
        `![e](${urlOf('docs/img/storm-light.svg', 'raw')})`,
    );
  });
});
