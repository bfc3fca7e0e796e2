// What the packages of steadfetch share and an author of a middleware rarely needs.

export { closeStream, isByteStream } from './body/byte-stream.ts';
export { encodeForm } from './body/form.ts';
export { keepBody, releaseBodies, releaseBody } from './body/keep-body.ts';
export { type ErrorOf, holdsStreams, isPatched, withBody } from './body/with-body.ts';
export { addAttempt, callIdOf } from './call/call-record.ts';
export { fieldOf } from './call/field-of.ts';
export { historyBehind, keepHistory } from './call/history.ts';
export { IDEMPOTENT_METHODS, idempotencyKeyOf, isIdempotent } from './call/idempotent.ts';
export { isLast } from './call/mark.ts';
export { isElsewhere, isRedirected, originOf, pathOf } from './call/origin.ts';
export { isRequest } from './call/request-members.ts';
export { toNext } from './chain/define-middleware.ts';
export { ignoreRejection, isThenable } from './events/notify.ts';
export { type CallObservation, observerOf, withObserverOf } from './events/observe.ts';
export type { Pause } from './events/pause.ts';
export { type EndedAttempt, endOf, type Facts, factsOf } from './events/retry-events.ts';
export {
  checkBoolean,
  checkFunction,
  checkMembers,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkPlain,
  checkStatuses,
  checkString,
  isToken,
  type NumberRule,
  optionError,
} from './options/check.ts';
export { callHooks, checkHooks } from './options/check-hooks.ts';
export { isDevelopment } from './options/is-development.ts';
export {
  checkChoice,
  clockOption,
  keyOption,
  limitOption,
  type Option,
  type OptionTable,
  randomOption,
  readOptions,
  type Settings,
} from './options/options.ts';
export { oneLine } from './options/show.ts';
export { warnOnce } from './options/warn-once.ts';
export { AnsweredError } from './outcome/answered-error.ts';
export { codeOf, nameOf, textOf, transientKind } from './outcome/classify-error.ts';
export { type BucketFit, fitBucket, rootOf } from './outcome/fit-bucket.ts';
export { isOffline } from './outcome/is-offline.ts';
export { limitFields } from './outcome/limit-fields.ts';
export { parseDate } from './outcome/parse-date.ts';
export { readField } from './outcome/read-field.ts';
export { retryAfterOf, waitAsked } from './outcome/retry-after.ts';
export { abortable, abortWith } from './time/abort.ts';
export { cancelError, cancellable } from './time/cancellable.ts';
export { endSleep, MAX_TIMER, shareOf, sleep } from './time/clock.ts';
export { type Place, Queue } from './time/queue.ts';
export { LONGEST_WAIT, mostSpread } from './time/server-wait.ts';
export { settledByOthers } from './time/settled-by-others.ts';
export { Turns } from './time/turns.ts';
export { type Watch, watchRequests } from './time/watch-requests.ts';
