// A confirmation: what will happen, why the person does it, and then the act, once.
// Invariant: nothing is sent before the button; the reason goes with the act; focus comes back to where it was.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from './panel.tsx';

export interface ConfirmProps {
  readonly title: string;
  /** "Cancel the request": what the button says. */
  readonly verb: string;
  readonly children?: ComponentChildren;
  readonly danger?: boolean;
  /** Left out: the reason is asked for and must be given. */
  readonly reason?: 'asked' | 'none';
  /** False while what is typed cannot be sent. */
  readonly ready?: boolean;
  readonly onConfirm: (because: string) => Promise<void>;
  readonly onClose: () => void;
}

const REASON_MAX = 500;

export function Confirm({
  title,
  verb,
  children,
  danger = false,
  reason = 'asked',
  ready: isSound = true,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const [because, setBecause] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const isSaid = isSound && (reason === 'none' || because.trim() !== '');
  // While it is sent the button stays in focus: who acts by keys can act again after a refusal.
  const ready = !busy && isSaid;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm(because.trim());
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        {reason === 'none' ? null : (
          <label class="field">
            Why? It is kept with the act in the audit log.
            <textarea
              required
              rows={2}
              maxLength={REASON_MAX}
              value={because}
              onInput={(event) => setBecause(event.currentTarget.value)}
            />
          </label>
        )}
        {error === null ? null : <Failure of={error} />}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={!isSaid} aria-disabled={busy}>
            {busy ? 'Sending…' : verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export interface DialogProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly onClose: () => void;
}

export function Dialog({ title, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    // The first field, not the button that leaves.
    element?.querySelector<HTMLElement>('textarea, input, select')?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
