// What a loop that is not ours needs of `retry`, such as that of ky.
export { cancelRetry, handleFailure, keepAnswer, recordSuccess, waitForRetry } from './again.ts';
export { ownDelay } from './decide.ts';
export { FailedAttempt, recordAttempt, type Session, startSession } from './failed-attempt.ts';
export { presetOf } from './preset.ts';
export type { Policy, Retry } from './rule.ts';
export { isRepeatable } from './sent-call.ts';
