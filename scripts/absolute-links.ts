import { posix } from 'node:path';
import { mapLinks } from './markdown.ts';
import { urlOf } from './project.ts';

/** The text of a file of this repository with links that work wherever it is shown. Code is left as it is. */
export function absoluteLinks(file: string, text: string): string {
  return mapLinks(text, ({ before, target, after, image }) => {
    if (/^[a-z][a-z+.-]*:|^#/i.test(target)) return undefined;
    const [path = '', anchor] = target.split('#');
    const found = posix.normalize(posix.join(posix.dirname(file), path));
    return `${before}${urlOf(found, image ? 'raw' : 'blob')}${anchor ? `#${anchor}` : ''}${after}`;
  });
}
