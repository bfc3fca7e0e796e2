import { encodeControls } from '../options/show.ts';
import type { Call } from './call.ts';
import { parseUrl, type UrlParts } from './parse-url.ts';

/** Stands for the base where it is not known, since the fetch inside completes relative URLs by itself. */
const NO_BASE = 'http://relative.invalid';

const WITH_SCHEME = /^[\0- ]*[a-z][a-z0-9+.-]*:/i;

// Each layer asks for the origin of the same URL, and most calls go to the origin of the last one: then one comparison is
// enough. The prefix and the origin are new strings, which keep no longer text in memory; the URL is that of one call.
let lastUrl: string | undefined;
let lastOrigin = '/';
let lastPrefix = `${NO_BASE}/`;

/**
 * The key of the server that a URL belongs to, however the URL is spelled: `https://api.example.com`.
 *
 * Custom schemes have one per host (`app://main`); `data:`, `blob:`, `file:` and other URLs without a host have one per
 * scheme. Relative URLs share the key `/` where the runtime knows no base. It never holds user info, path or query.
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

/** The host and its port, if that is not the default, without the dot that may end the name. */
function hostOf({ host }: UrlParts): string {
  return host.replace(/\.(?=:|$)/, '');
}

/**
 * A URL as it is sent, so that it can be compared with another: without user info and fragment, without `.` and `..`,
 * with letters and digits that were escaped without need. A relative URL stays one where the runtime knows no base.
 * `undefined` for one that no fetch takes.
 */
export function normalUrl(url: string): string | undefined {
  const parsed = parse(url);
  if (parsed === undefined) return undefined;
  const { protocol, pathname, search } = parsed;
  const host = hostOf(parsed);
  const origin = host === '' && !parsed.href.startsWith(`${protocol}//`) ? protocol : `${protocol}//${host}`;
  return (origin === NO_BASE ? '' : origin) + `${pathname}${search}`.replace(/%[0-7][\da-f]/gi, unescapeName);
}

/** A path alone, or behind a host without user info. */
const PLAIN_PATH = /^(?:https?:\/\/[\w.-]+(?::\d+)?|(?!\/\/))(\/[^?#\\\s]*)?(?:[?#]|$)/;

/**
 * The path of a URL, however the URL is spelled, without user info, query and fragment. `/` where there is no host: the
 * rest may be data.
 */
export function pathOf(url: string): string {
  const plain = PLAIN_PATH.exec(url);
  if (plain) return plain[1] ?? '/';
  const { host = '', pathname = '/' } = parse(url) ?? {};
  return host === '' ? '/' : pathname;
}

/**
 * A URL fit for a log: on one line, its origin and path. Without a host it is the scheme alone, as the rest may be data, and
 * `invalid:` where it cannot be read: then nothing distinguishes a password from a path.
 */
export function redactUrl(url: string): string {
  const origin = originOf(url);
  if (origin.endsWith(':')) return origin;
  return encodeControls(origin === '/' ? pathOf(url) : `${origin}${pathOf(url)}`);
}

/**
 * Whether a redirect led to another server, which answered. `http:` and `https:` of one host are the same server. `false` for a relative
 * URL where the runtime knows no base, since a fetch inside puts one in front.
 */
export function isElsewhere(response: Response, call: Pick<Call, 'origin' | 'url'>): boolean {
  return (
    isRedirected(response, call) &&
    call.origin !== '/' &&
    secure(originOf(String(response.url))) !== secure(call.origin)
  );
}

function secure(origin: string): string {
  return origin.replace(/^http:/, 'https:');
}

/**
 * Whether the answer came after a redirect. The `Response` of React Native, Tauri and Capacitor does not say so, and has a URL as a
 * member of its own; that of impit has no `redirected`. There it is known by the URL: it has the path and the query that were asked
 * for, on another host also behind the path of a base that a fetch inside has put in front.
 */
export function isRedirected(response: Response, call: Pick<Call, 'url'>): boolean {
  const { redirected } = response; // each good response is asked, and the getter is slow
  if (tellsRedirect(response, redirected) || !response.url) return redirected;
  const given = parse(String(response.url));
  const asked = parse(call.url);
  if (given === undefined || asked === undefined) return false;
  const [target, wanted] = [targetOf(given), targetOf(asked)];
  return given.host === asked.host ? target !== wanted : !target.endsWith(wanted);
}

/** Whether `redirected` can be believed where it is false: as that of a class whose URL is read from the prototype. */
export function tellsRedirect(response: Response, redirected: boolean | undefined = response.redirected): boolean {
  return redirected || (redirected !== undefined && (!isOwn(response, 'url') || isOwn(response, 'redirected')));
}

/** React Native has `Object.hasOwn` only in newer versions. Each good response is asked, and to get a descriptor takes longer. */
function isOwn(response: Response, name: 'redirected' | 'url'): boolean {
  const { hasOwnProperty: has } = Object.prototype;
  return has.call(response, name);
}

/** What a URL asks its server for, without the escapes that mean the same: each platform escapes other characters. */
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
  // 'http:/host' names a host where there is no base; against one of its own scheme it would be a path
  const known = base() ?? (WITH_SCHEME.test(url.replace(/[\t\n\r]/g, '')) ? undefined : NO_BASE);
  return parseUrl(url, known);
}

/** The URL against the page it is used on; unchanged where the runtime knows no base. */
export function absolute(url: string, known: string | undefined = base()): string {
  return known === undefined || WITH_SCHEME.test(url) ? url : (parseUrl(url, known)?.href ?? url);
}

/** The base that a call keeps, for a page may go elsewhere before it is sent; `undefined` for what is not relative. */
export function baseOf(target: unknown): string | undefined {
  return typeof target === 'string' && !WITH_SCHEME.test(target) ? base() : undefined;
}

/**
 * What `fetch` resolves against: the page's `<base>`, or its address. A worker made of a blob has none, nor has a runtime in which a
 * library was given a `location` that is empty or a path.
 */
function base(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } };
  const known = document?.baseURI ?? location?.href ?? '';
  return WITH_SCHEME.test(known) && !/^(?:about|blob|data):/i.test(known) ? known : undefined;
}
