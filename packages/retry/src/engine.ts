export { judge, keepAnswer, stop, succeed, wait } from './again.ts';
export { FailedAttempt, recordAttempt, type Session, startSession } from './attempt.ts';
export type { Policy } from './policy.ts';
export { presetOf } from './preset.ts';
export type { Retry } from './rule.ts';
export { isRepeatable } from './sent-call.ts';
export { ownDelay } from './wait.ts';
