// What is the same for all packages. Every link to the repository and every field of a manifest is made from here.

/**
 * Where the repository is. The domain `.example` leads nowhere (RFC 2606): set the real addresses before the first release,
 * then run `pnpm metadata`. `pnpm release` refuses to publish until then.
 */
export const REPOSITORY = 'https://git.example/steadfetch/steadfetch';
/** Where the site is, with the folder that it is served from. */
export const HOMEPAGE = 'https://steadfetch.example/';
export const AUTHOR = 'The steadfetch authors';
export const BRANCH = 'main';

/** Whether an address leads nowhere yet. */
export function isPlaceholder(url: string): boolean {
  return new URL(url).hostname.endsWith('.example');
}

/** Where a file or folder of this repository is shown; `path` is relative to its root. */
export function urlOf(path: string, kind: 'blob' | 'tree' | 'raw' = 'blob'): string {
  return `${REPOSITORY}/${kind}/${BRANCH}/${path}`;
}
