import { inReactNative } from '../runtime.ts';

/** The parts of a URL that are read. */
export type UrlParts = Pick<URL, 'protocol' | 'host' | 'pathname' | 'search' | 'href'>;

/**
 * Returns the parts of a URL; `undefined` for a URL that the runtime refuses. In React Native the parts are taken from `href`: up to
 * 0.79 the other getters throw and a slash is added at the end, and since then the host is wrong if the path has an `@`.
 */
export function parseUrl(url: string, base?: string): UrlParts | undefined {
  try {
    const parsed = new URL(url, base);
    return inReactNative() ? partsOf(parsed.href === `${url}/` ? url : parsed.href) : parsed;
  } catch {
    return undefined;
  }
}

const PARTS = /^([a-z][a-z\d+.-]*:)(?:\/\/(?:[^/?#]*@)?([^/?#]*))?([^?#]*)(\?[^#]*)?/i;
const HOST = /^(?:\[.*\]|[^:]*)(?::\d*)?$/;
const DEFAULT_PORT = /^(http:.*):80$|^(https:.*):443$/;

function partsOf(href: string): UrlParts | undefined {
  const [, scheme, authority = '', path, search = ''] = PARTS.exec(href)!;
  if (!HOST.test(authority)) return undefined;
  const protocol = scheme!.toLowerCase();
  const host = `${protocol}${authority.toLowerCase()}`.replace(DEFAULT_PORT, '$1$2').slice(protocol.length);
  return { href, protocol, host, pathname: path || '/', search };
}
