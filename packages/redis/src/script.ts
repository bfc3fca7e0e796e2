import { BUCKET } from './script/bucket.ts';
import { DECIDE } from './script/decide.ts';
import { HISTORY } from './script/history.ts';
import { LEARN } from './script/learn.ts';
import { PACE } from './script/pace.ts';
import { STATE } from './script/state.ts';
import { TOLD } from './script/told.ts';

/**
 * `decide` of `@steadfetch/shared-limit` in Lua, by the clock of the server. Each part has the name of its original and uses its names, so that you
 * can read the two side by side; a property test compares their answers. Most questions learn nothing, so the functions of `learn` are created only
 * when it is called.
 *
 * KEYS[1] is the limit, ARGV[1] the question as JSON. Returns `now first every count closedUntil goodFor rate burst backAt`.
 */
export const SCRIPT: string = `${STATE}${HISTORY}${TOLD}${PACE}
local function learn(cost)
${BUCKET}${LEARN}
return learn(cost)
end
${DECIDE}`;

/** The SHA-1 of the script, for EVALSHA. After a change of the script a test fails and prints the new one. */
export const SHA = 'c4adacdc3221b06befc44bfd25e9a6aec1eea933';
