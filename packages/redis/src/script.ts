import { BUCKET } from './script/bucket.ts';
import { DECIDE } from './script/decide.ts';
import { LEARN } from './script/learn.ts';
import { PACE } from './script/pace.ts';
import { STATE } from './script/state.ts';
import { TIDY } from './script/tidy.ts';
import { TOLD } from './script/told.ts';

/**
 * `decide` of `@steadfetch/shared-limit` in Lua, by the clock of the server. Each part is
 * named as its original and uses its names, so that the two can be read side by side; a property test compares their answers. Most
 * questions learn nothing, so the functions that learn are made only where something is learned.
 *
 * KEYS[1]: the limit. ARGV[1]: the question as JSON.
 * Answers `now first every count closedUntil goodFor rate burst backAt`.
 */
export const SCRIPT: string = `${STATE}${TIDY}${TOLD}${PACE}
local function learn(cost)
${BUCKET}${LEARN}
return learn(cost)
end
${DECIDE}`;

/** The SHA-1 of the script, by which the server knows it. After a change the message of a test that fails has the new one. */
export const SHA = '48956acec513e22f5855cd708e86d46de6832516';
