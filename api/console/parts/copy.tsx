// Taking things away from the page: a command for the terminal, a document as a file.

import { useState } from 'preact/hooks';

const SAID_MS = 2000;

export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      // Without TLS there is no clipboard: the text itself can be marked.
      setSaid(text);
      return;
    }
    setTimeout(() => setSaid(null), SAID_MS);
  };
  return (
    <button type="button" title={text} onClick={copy}>
      {said ?? children}
    </button>
  );
}

/** Offers a JSON document as a file. */
export function download(name: string, document_: unknown): void {
  downloadText(name, { type: 'application/json', text: `${JSON.stringify(document_, null, 2)}\n` });
}

/** Offers a text as a file, as it stands. */
export function downloadText(
  name: string,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
