// What a retry loop other than p-retry, such as ky's, takes from `retry`.

export { ownDelay } from './decide.ts';
export { FailedAttempt } from './failed-attempt.ts';
export { isJudged, type Policy } from './policy.ts';
export { handleFailure } from './prepare-retry.ts';
export { presetOf } from './preset.ts';
export { endCall, keepAnswer, recordAttempt, recordSuccess } from './report.ts';
export type { Retry } from './rule.ts';
export { isRepeatable, retriedOf } from './sent-call.ts';
export { beginAttempt, type Session, startSession } from './session.ts';
export { waitForRetry } from './wait.ts';
