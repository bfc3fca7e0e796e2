// What a loop that is not ours needs of `retry`, such as that of ky.
export { handleFailure } from './again.ts';
export { ownDelay } from './decide.ts';
export { FailedAttempt, type Session, startSession } from './failed-attempt.ts';
export { presetOf } from './preset.ts';
export { keepAnswer, recordAttempt, recordSuccess } from './report.ts';
export type { Policy, Retry } from './rule.ts';
export { isRepeatable, retriedOf } from './sent-call.ts';
export { cancelRetry, waitForRetry } from './wait.ts';
