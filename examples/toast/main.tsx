// A page with a toast for each call that is being retried.
//
//   pnpm --filter @steadfetch/examples toast

import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { api, retries } from './api.ts';
import { RetryToast } from './retry-toast.tsx';

interface Result {
  readonly id: number;
  readonly text: string;
}

let count = 0;

function Page() {
  const [results, setResults] = useState<readonly Result[]>([]);
  const load = async (query: string) => {
    const id = ++count;
    const text = await api(`https://api.test/${id}${query}`).then(
      (response) => response.text(),
      (error: Error) => `Report ${id}: ${error.message}`,
    );
    setResults((before) => [{ id, text }, ...before]);
  };
  return (
    <main>
      <h1>A toast for retries</h1>
      <p>The server of this page fails twice, then answers.</p>
      <nav aria-label="Calls">
        <button type="button" onClick={() => load('')}>
          Load a report
        </button>
        <button type="button" onClick={() => load('?retry-after=5')}>
          Load from a busy server
        </button>
      </nav>
      <ul aria-live="polite">
        {results.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      <aside className="toasts">
        <RetryToast retries={retries} />
      </aside>
    </main>
  );
}

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
