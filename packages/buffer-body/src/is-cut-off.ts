/** Whether a text that is not JSON is the beginning of JSON: it is blank, or ends inside a string or an open bracket. */
export function isCutOff(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (const [token] of text.matchAll(/\\.|["[\]{}]/gs)) {
    if (token === '"') inString = !inString;
    else if (inString) continue;
    else if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
  }
  return inString || depth > 0 || text.trim() === '';
}
