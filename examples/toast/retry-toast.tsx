import { type RetryStore, useRetryState } from '@steadfetch/react';

export function RetryToast({ retries }: { retries: RetryStore }) {
  return useRetryState(retries).map(({ callId, seconds, attempt, maxAttempts, source, cancel, retryNow }) => (
    <output key={callId} className="toast">
      {seconds > 0 ? `Retrying in ${seconds} s` : 'Retrying'} ({attempt} of {maxAttempts})
      <button type="button" disabled={seconds === 0} onClick={cancel}>
        Cancel
      </button>
      <button type="button" disabled={seconds === 0 || source !== 'backoff'} onClick={retryNow}>
        Retry now
      </button>
    </output>
  ));
}
