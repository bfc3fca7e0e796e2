export { judge, keepAnswer, stop, succeed, wait } from './again.ts';
export { FailedAttempt, isRepeatable, record, type Session, startSession } from './attempt.ts';
export type { Policy } from './policy.ts';
export { presetOf } from './preset.ts';
export type { Retry } from './rule.ts';
export { ownDelay } from './wait.ts';
