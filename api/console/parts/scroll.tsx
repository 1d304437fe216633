// A table that may be larger than its place: it scrolls, also by keys, and says what it is.

import type { ComponentChildren } from 'preact';

export interface ScrollProps {
  readonly label: string;
  readonly short?: boolean;
  readonly children: ComponentChildren;
}

export function Scroll({ label, short = false, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys (WCAG 2.1.1)
    <section class={short ? 'scroll short' : 'scroll'} aria-label={`Table: ${label}`} tabIndex={0}>
      {children}
    </section>
  );
}
