import { encodeControls } from '../options/show.ts';
import type { Call } from './call.ts';
import { parseUrl, type UrlParts } from './parse-url.ts';

/** A placeholder if the runtime has no base URL: a fetch inside may complete relative URLs by itself. */
const NO_BASE = 'http://relative.invalid';

const WITH_SCHEME = /^[\0- ]*[a-z][a-z0-9+.-]*:/i;

// A cache of the last result: each layer asks for the origin of the same URL, and most calls go to the origin of the call before.
// The prefix and the origin are new strings, so that they do not keep a longer string in memory.
let lastUrl: string | undefined;
let lastOrigin = '/';
let lastPrefix = `${NO_BASE}/`;

/**
 * Returns the key of a URL's server, the same for all spellings of the URL: `https://api.example.com`.
 *
 * Custom schemes have one key per host (`app://main`); `data:`, `blob:`, `file:` and other URLs without a host have one key
 * per scheme. Relative URLs share the key `/` if the runtime has no base URL. A key never has user info, path or query.
 */
export function originOf(url: string): string {
  if (url === lastUrl) return lastOrigin;
  if (url.startsWith(lastPrefix)) {
    lastUrl = url;
    return lastOrigin;
  }
  const parsed = parse(url);
  if (parsed === undefined) return 'invalid:';
  const { protocol } = parsed;
  const host = hostOf(parsed);
  if (host === '') return protocol;
  const origin = `${protocol}//${host}`;
  if (origin === NO_BASE) return '/';
  lastUrl = undefined;
  lastOrigin = origin;
  lastPrefix = `${origin}/`;
  return origin;
}

/** Returns the host, without a final dot, and the port if it is not the default. */
function hostOf({ host }: UrlParts): string {
  return host.replace(/\.(?=:|$)/, '');
}

/**
 * Returns a URL in the one spelling in which it can be compared with another: without user info and fragment, without `.` and
 * `..`, and with needless escapes of letters and digits undone. A relative URL stays relative if the runtime has no base URL.
 * `undefined` for a URL that no fetch accepts.
 */
export function normalUrl(url: string): string | undefined {
  const parsed = parse(url);
  if (parsed === undefined) return undefined;
  const { protocol, pathname, search } = parsed;
  const host = hostOf(parsed);
  const origin = host === '' && !parsed.href.startsWith(`${protocol}//`) ? protocol : `${protocol}//${host}`;
  return (origin === NO_BASE ? '' : origin) + `${pathname}${search}`.replace(/%[0-7][\da-f]/gi, unescapeName);
}

/** Matches a plain path, alone or after a host without user info. */
const PLAIN_PATH = /^(?:https?:\/\/[\w.-]+(?::\d+)?|(?!\/\/))(\/[^?#\\\s]*)?(?:[?#]|$)/;

/**
 * Returns the path of a URL, whatever its spelling, without user info, query and fragment. `/` for a URL without a host, since
 * the rest may be data.
 */
export function pathOf(url: string): string {
  const plain = PLAIN_PATH.exec(url);
  if (plain) return plain[1] ?? '/';
  const { host = '', pathname = '/' } = parse(url) ?? {};
  return host === '' ? '/' : pathname;
}

/**
 * Returns the origin and path of a URL for a log, on one line. Only the scheme of a URL without a host, since the rest may be data;
 * `invalid:` for a URL that cannot be parsed, since a password cannot be told from a path there.
 */
export function redactUrl(url: string): string {
  const origin = originOf(url);
  if (origin.endsWith(':')) return origin;
  return encodeControls(origin === '/' ? pathOf(url) : `${origin}${pathOf(url)}`);
}

/**
 * Whether a redirect led to another server, which then answered. `http:` and `https:` of one host count as the same server. `false` for a
 * relative URL if the runtime has no base URL, since a fetch inside adds one.
 */
export function isElsewhere(response: Response, call: Pick<Call, 'origin' | 'url'>): boolean {
  return (
    isRedirected(response, call) &&
    call.origin !== '/' &&
    withHttps(originOf(String(response.url))) !== withHttps(call.origin)
  );
}

function withHttps(origin: string): string {
  return origin.replace(/^http:/, 'https:');
}

/**
 * Whether the answer came after a redirect. The `Response` of React Native, Tauri and Capacitor does not report redirects, and has `url` as
 * an own property; the `Response` of impit has no `redirected`. There the URLs are compared: without a redirect, path and query are the
 * requested ones; on another host they may follow the path of a base that a fetch inside has added.
 */
export function isRedirected(response: Response, call: Pick<Call, 'url'>): boolean {
  const { redirected } = response; // read once for each good response, since the getter is slow
  if (reportsRedirect(response, redirected) || !response.url) return redirected;
  const given = parse(String(response.url));
  const asked = parse(call.url);
  if (given === undefined || asked === undefined) return false;
  const [target, wanted] = [targetOf(given), targetOf(asked)];
  return given.host === asked.host ? target !== wanted : !target.endsWith(wanted);
}

/** Whether `redirected` is reliable: it is `true`, or an own property, or `url` is not an own property. */
export function reportsRedirect(response: Response, redirected: boolean | undefined = response.redirected): boolean {
  return redirected || (redirected !== undefined && (!isOwn(response, 'url') || isOwn(response, 'redirected')));
}

/** Older React Native lacks `Object.hasOwn`. A descriptor would be slower, and this runs for each good response. */
function isOwn(response: Response, name: 'redirected' | 'url'): boolean {
  const { hasOwnProperty: has } = Object.prototype;
  return has.call(response, name);
}

/** Returns path and query with escapes decoded, since each platform escapes other characters. */
function targetOf({ pathname, search }: UrlParts): string {
  const target = `${pathname}${search}`;
  try {
    return decodeURI(target);
  } catch {
    return target;
  }
}

/** RFC 3986 §6.2.2.2: an escaped letter, digit or one of `-._~` is the character itself. */
function unescapeName(escaped: string): string {
  const character = decodeURIComponent(escaped);
  return /[\w.~-]/.test(character) ? character : escaped;
}

function parse(url: string): UrlParts | undefined {
  // without a base, 'http:/host' names a host; with a base of the same scheme it would be a path
  const known = base() ?? (WITH_SCHEME.test(url.replace(/[\t\n\r]/g, '')) ? undefined : NO_BASE);
  return parseUrl(url, known);
}

/** Returns the absolute URL, resolved against the page's base; unchanged if the runtime has no base URL. */
export function absolute(url: string, known: string | undefined = base()): string {
  return known === undefined || WITH_SCHEME.test(url) ? url : (parseUrl(url, known)?.href ?? url);
}

/** Returns the base for a relative URL, else `undefined`. A call keeps it, since the page may navigate before the call is sent. */
export function baseOf(target: unknown): string | undefined {
  return typeof target === 'string' && !WITH_SCHEME.test(target) ? base() : undefined;
}

/**
 * Returns what `fetch` resolves relative URLs against: the page's `<base>`, or its address. `undefined` in a worker made from a blob, and
 * in a runtime whose `location` is a stub: empty or a path.
 */
function base(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } };
  const known = document?.baseURI ?? location?.href ?? '';
  return WITH_SCHEME.test(known) && !/^(?:about|blob|data):/i.test(known) ? known : undefined;
}
