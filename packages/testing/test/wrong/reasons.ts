/** What a check says when it fails for what it is about. */
export const reasons: Record<string, RegExp> = {
  'gives the response of next itself':
    /^the response to a \w+(?: that is sent again after an? \w+)?: |^what is written on the response: |^the status of the answer after which nothing is left/,
  'gives a response that nobody has read':
    /^whether the (?:last )?body (?:of a \d+ )?is used or locked: |^whether each answer but the one that is given is read|^whether a 401 that stays is given |^the status of the last answer: expected \d+, got (?:Type)?Error: /,
  'gives a 404, a 302 and a 204 as any other response':
    /^the status of a (?:\d+ to a \w+|call after ten that gave a \d+): |^the number of calls of next for a \d+: |^(?:(?:whether )?the body|etag|set-cookie) of a \d+ to a \w+(?: is used or locked)?: /,
  'gives a response before its body is there':
    /^whether there is a response (?:\d+|to a call that is sent again after an? \w+): expected true, got false|^whether next hears an abort |^whether the body of next hears /,
  'tells of a body that breaks off':
    /^whether a (?:POST|GET) whose answer breaks off fails(?:, or ends with a whole one)?: expected true, got false|^the body of a (?:HEAD|GET) whose length is another: |^the answer after one that broke off: /,
  'rejects with the error of next itself':
    /^the error of a \w+: |^what is written on the error: |^whether a \w+ (?:that may be repeated fails with its last error|fails with its last outcome|gives an answer that it has dropped|fails with the error of another|gives the response of another): |^whether an answer is read where a call fails after it: |^expected the call to reject, but it (?:gave a response|does not end within a second)/,
  'rejects when next throws instead of rejecting': /^expected the call to reject, but it threw what next threw/,
  'leaves no rejection unhandled': /^the number of rejections that nobody handles: expected 0, got [1-9]/,
  "rejects with the caller's abort reason":
    /^the reason|^expected the \w+ to (?:reject|end) when it is aborted.*, but it goes on|^expected the call to reject, but it gave a response|^whether the answer to a \w+ that is aborted after a 503 is read/,
  'answers after calls that were aborted':
    /^the status of a \w+ after ten (?:that were aborted(?: while their answers were read| before they were made)?|whose answers were cancelled): expected 200, got "no end in time"|^the status of a \w+ a day after /,
  'ends each attempt that it gives up': /^whether an attempt goes on after its \w+ has ended/,
  'leaves no timer behind': /^the number of timers that are left: expected 0, got [1-9]/,
  'keeps the process alive while it waits': /^whether Node may exit while a \w+ waits after /,
  "leaves no listener on the caller's signal": /^the number of listeners after .*: expected 0, got [1-9]/,
  'takes a string, a URL and a Request':
    /^what next was asked for: |^the path and the query that next was asked for after |^a header of a Request whose |^the body of a call without one: |Failed to parse URL|Invalid URL|URI malformed|undefined/,
  'hands on methods and headers as they are written':
    /^the method: |^the headers: |^the headers that a layer inside reads/,
  'hands on a relative address': /^the address that next was asked for by a \w+: |Invalid URL/,
  'hands on an init of a class, and one that inherits': /^what next was asked for: expected "(?:PUT|POST) 1"/,
  'lets init take the signal from a Request':
    /^the status of a call whose signal is (?:null|another): |^whether the signal of what/,
  'hands on the members of init and of a Request': /^\w+ of what next was asked for(?: after a 503| after an error)?: /,
  'hands on the body':
    /^the body that next was given: |^what next was given after an? (?:503|401|error): |^Invalid character$/,
  'hands on a stream as it is':
    /^the body that next was given: |^the number of calls of next for a stream |^whether a stream that is not answered is sent once: |duplex|disturbed|locked|used/,
  'hands on by reference what a Request cannot hold': /^init\.\w+ (?:at first|after a 503|after an error): /,
  'builds no Request and clones nothing for a plain call': /^the number of requests built and messages cloned: /,
  'sends what was asked for, whatever the caller changes afterwards':
    /^what next was given after an? \w+: |^the method that|^a header of/,
  "leaves the caller's arguments as they were":
    /^the members of init of a |^init\.headers of a |^the headers of init of a |of the Request of a |^the URL of a |^the bodies: |read only|not extensible/,
  'calls next once for each call, as a plain function':
    /^the number of calls of next for (?:five calls|three orders): |^whether next was called as a plain function|idempotency keys?/,
  'sends a POST once, also where it fails':
    /^the number of calls of next for a (?:POST|post|PATCH|LOCK) that (?:ends in |is not answered: )|^the status of a POST: |^the error of a POST that ends in |^whether the body of a [45]\d\d is /,
  'keeps concurrent calls apart':
    /^the error of a call that is answered after a \d+: |^the answers?(?: to a (?:repetition|later call|GET and a HEAD)| where answers may be kept)?: |^the cookie that another origin gets: |^the if-(?:none-match|modified-since) that a \w+ is sent with: |^whether a call (?:with cache: '[\w-]+'|for what a \w+ has changed|for what may not be kept|with other credentials|for what was kept for longer than it may) is sent: |^whether another origin gets the credentials |^the async context in which a call is sent (?:at first|after an? \w+): |^whether a call (?:is sent with the credentials|has the signal) of another: |^whether a \w+ (?:after a 4\d\d|that is not answered|that waits for a token) ends by the signal|^whether calls that are made at once end after a 401|^whether a token that could not be had is asked for again: /,
  'serves two fetches at once': /^the answer of the (?:first|second) fetch to a \w+: /,
};
