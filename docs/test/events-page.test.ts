import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../events.md', import.meta.url), 'utf8');
const source = readFileSync(new URL('../../packages/core/src/events/events.ts', import.meta.url), 'utf8');

/** The rows between two markers, as their cells. */
function rowsOf(name: string): string[][] {
  const [, table] = page.split(`<!-- events:${name} -->`);
  const lines = table!.split('<!-- /events')[0]!.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const namesIn = (cell: string) => [...cell.matchAll(/`(\w[\w-]*)`/g)].map(([, name]) => name!);

/** The members of an interface of the code, with those it inherits. */
function membersOf(name: string): string[] {
  const [, heritage = '', body] = new RegExp(`interface ${name}(?: extends ([^{]*))? \\{(.*?)\\n\\}`, 's').exec(
    source,
  )!;
  const own = [...body!.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member!);
  const omitted = [...heritage.matchAll(/'(\w+)'/g)].map(([, member]) => member!);
  const parents = [...heritage.matchAll(/\b(EventBase|Ending|FailureMembers)\b/g)].flatMap(([, parent]) =>
    membersOf(parent!),
  );
  return [...new Set([...parents.filter((member) => !omitted.includes(member)), ...own])];
}

const eventsInCode = [...source.matchAll(/interface (\w+Event) extends[^{]*\{\n {2}readonly type: '([\w-]+)'/g)].map(
  ([, name, type]) => ({ type: type!, members: membersOf(name!) }),
);

describe('docs/events.md', () => {
  it('names the members of every event', () => {
    expect(
      rowsOf('base')
        .flatMap(([name]) => namesIn(name!))
        .sort(),
    ).toEqual(['type', ...membersOf('EventBase')].sort());
  });

  it('has a row for each event of the code, with all of its members', () => {
    const base = ['type', ...membersOf('EventBase')];
    const inCode = eventsInCode.map(({ type, members }) => [
      type,
      ...members.filter((name) => !base.includes(name)).sort(),
    ]);
    const onPage = rowsOf('types').map(([type, , members]) => [...namesIn(type!), ...namesIn(members!).sort()]);

    expect(inCode).toHaveLength(11);
    expect(onPage).toEqual(inCode);
  });
});
