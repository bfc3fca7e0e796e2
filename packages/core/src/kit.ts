// What the packages of steadfetch share and an author of a middleware rarely needs.
export { abortable } from './abort.ts';
export { closeStream, isByteStream } from './byte-stream.ts';
export { callIdOf } from './call-record.ts';
export { cancelError, cancellable } from './cancellable.ts';
export {
  checkBoolean,
  checkClock,
  checkFunction,
  checkKey,
  checkMembers,
  checkMs,
  checkNames,
  checkNumber,
  type NumberRule,
  optionError,
} from './check.ts';
export { callHooks, checkHooks } from './check-hooks.ts';
export { checkMethods, checkStatuses, isToken } from './check-list.ts';
export { transientKind } from './classify-error.ts';
export { MAX_TIMER } from './clock.ts';
export { copyFields } from './copy-fields.ts';
export { toNext } from './define-middleware.ts';
export { fieldOf } from './field-of.ts';
export { encodeForm } from './form.ts';
export { historyBehind, keepHistory } from './history.ts';
export { IDEMPOTENT_METHODS, idempotencyKeyOf } from './idempotent.ts';
export { keepBody, releaseBody } from './keep-body.ts';
export { ignoreRejection } from './notify.ts';
export { type CallObservation, observerOf, withObserverOf } from './observe.ts';
export { oneLine } from './one-line.ts';
export {
  checkChoice,
  clockOption,
  keyOption,
  type Option,
  type OptionTable,
  randomOption,
  readOptions,
  type Settings,
} from './options.ts';
export { originOf, pathOf } from './origin.ts';
export type { Pause } from './pause.ts';
export { type Place, Queue } from './queue.ts';
export { isRequest } from './request-members.ts';
export { retryAfterOf } from './retry-after.ts';
export { type EndedAttempt, endOf, type Facts, factsOf } from './retry-events.ts';
export { sleep } from './sleep.ts';
export { Turns } from './turns.ts';
export { warnOnce } from './warn-once.ts';
export { type ErrorOf, withBody } from './with-body.ts';
