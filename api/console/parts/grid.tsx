// A table of any length: only the rows in sight are drawn. j and k, arrows, Home and End move; Enter opens.
// Invariant: 10,000 rows cost as much as the screen holds; the chosen row is named to assistive technology.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface GridColumn<Row> {
  readonly title: string;
  /** A width of CSS: "9rem", "1fr". */
  readonly width: string;
  readonly number?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly GridColumn<Row>[];
  readonly onOpen: (row: Row) => void;
}

const ROW_PX = 28;
/** As style.css has it: it stays in sight above the rows. */
const HEAD_PX = 28;
const SPARE_ROWS = 4;
/** More than stand on a screen. */
const VIEW_ROWS = 36;

export function Grid<Row>({ label, rows, columns, onOpen }: GridProps<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, Math.max(0, rows.length - 1));
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setChosen(next);
    keepInSight(body.current, next);
  };
  const keys = useRef<(event: KeyboardEvent) => void>(() => {});
  keys.current = (event) => {
    const to = targetOf(event, { at, count: rows.length });
    const row = rows[at];
    if (to !== null) move(to);
    else if (event.key === 'Enter' && row !== undefined && isOurs(event, body.current)) onOpen(row);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => keys.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const shown = rows.slice(first, first + VIEW_ROWS + 2 * SPARE_ROWS);
  const template = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  const rowId = (index: number): string => `row-${index}`;
  return (
    <div
      class="grid"
      ref={body}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={at >= first && at < first + shown.length ? rowId(at) : undefined}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <Head columns={columns} template={template} />
      <div class="rows" role="rowgroup" style={{ height: `${rows.length * ROW_PX}px` }}>
        {shown.map((row, index) => (
          <div
            // By place: a filter then changes texts and makes no rows.
            key={first + index}
            id={rowId(first + index)}
            role="row"
            aria-rowindex={first + index + 2}
            aria-selected={first + index === at}
            class={first + index === at ? 'row chosen' : 'row'}
            style={{ ...template, top: `${(first + index) * ROW_PX}px` }}
            onClick={() => onOpen(row)}
          >
            {columns.map(({ title, number, cell }) => (
              <span key={title} role="gridcell" class={number ? 'number' : ''}>
                {cell(row)}
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  readonly columns: readonly GridColumn<Row>[];
  readonly template: { readonly gridTemplateColumns: string };
}

function Head<Row>({ columns, template }: HeadProps<Row>) {
  return (
    <div class="row head" role="row" aria-rowindex={1} style={template}>
      {columns.map(({ title, number }) => (
        <span key={title} role="columnheader" class={number ? 'number' : ''}>
          {title}
        </span>
      ))}
    </div>
  );
}

function keepInSight(element: HTMLElement | null, index: number): void {
  if (element === null) return;
  const [above, below] = [index * ROW_PX, (index + 1) * ROW_PX + HEAD_PX];
  if (above < element.scrollTop) element.scrollTop = above;
  else if (below > element.scrollTop + element.clientHeight) element.scrollTop = below - element.clientHeight;
}

/** Letters move wherever the focus is, but where something is typed; arrows only inside the grid. */
function targetOf(
  event: KeyboardEvent,
  { at, count }: { readonly at: number; readonly count: number },
): number | null {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    isTyping(event) ||
    document.querySelector('dialog[open]')
  )
    return null;
  const inside = event.target instanceof Element && event.target.closest('.grid') !== null;
  switch (event.key) {
    case 'j':
      return at + 1;
    case 'k':
      return at - 1;
    case 'ArrowDown':
      return inside ? at + 1 : null;
    case 'ArrowUp':
      return inside ? at - 1 : null;
    case 'PageDown':
      return inside ? at + 20 : null;
    case 'PageUp':
      return inside ? at - 20 : null;
    case 'Home':
      return inside ? 0 : null;
    case 'End':
      return inside ? count - 1 : null;
    default:
      return null;
  }
}

/** Enter opens from the grid itself, or from the page where nothing else has the focus. */
function isOurs(event: KeyboardEvent, element: HTMLElement | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return false;
  const { target } = event;
  return target === document.body || (target instanceof Element && target === element);
}

export function isTyping({ target }: Event): boolean {
  return (
    target instanceof HTMLElement &&
    (/^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable)
  );
}
