// The keys that work on every page, and the page that lists them. g and a letter goes to a page, as its tab says.

import { useEffect, useRef } from 'preact/hooks';
import { go } from './data/route.ts';
import { may } from './data/session.ts';
import { TABS } from './pages.tsx';
import { Dialog } from './parts/dialog.tsx';
import { isTyping } from './parts/grid.tsx';

const TWO_KEYS_MS = 1200;

export function useKeys(onHelp: () => void): void {
  const begun = useRef(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (begun.current) {
        begun.current = false;
        const tab = TABS.find(({ key, action }) => key === event.key && may(action));
        if (tab !== undefined) {
          event.preventDefault();
          go(tab.name === '' ? [] : [tab.name]);
        }
        return;
      }
      if (event.key === '?') onHelp();
      else if (event.key === 'g') {
        begun.current = true;
        clearTimeout(timer);
        timer = setTimeout(() => {
          begun.current = false;
        }, TWO_KEYS_MS);
      } else if (event.key === '/') document.querySelector<HTMLElement>('[data-filter]')?.focus();
      else return;
      event.preventDefault();
    };
    // Before the grid's own keys: the second of two keys is not its.
    document.addEventListener('keydown', listen, true);
    return () => {
      document.removeEventListener('keydown', listen, true);
      clearTimeout(timer);
    };
  }, []);
}

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'to the filter of the page'],
  ['j k', 'down and up in a list'],
  ['Enter', 'opens the chosen row'],
  ['Home End', 'first and last row, with the list in focus'],
  ['Esc', 'closes a dialog, leaves a filter'],
  ['?', 'this help'],
];

export function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const pages = TABS.filter(({ action }) => may(action)).map(
    ({ key, title }) => [`g ${key}`, title] as const,
  );
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {[...KEYS, ...pages].map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
