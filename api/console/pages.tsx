// The pages by their address: which there are, who may see them, and what is drawn for a path.

import type { ComponentChildren } from 'preact';
import { linkTo } from './data/address.ts';
import { NowPage } from './pages/now.tsx';
import { RequestPage } from './pages/request.tsx';
import { RequestsPage } from './pages/requests.tsx';

export interface Tab {
  /** First part of the path; empty: the page that opens first. */
  readonly name: string;
  readonly title: string;
  /** After `g`. */
  readonly key: string;
  /** Of the permission table: who may not do it has no such page. */
  readonly action: string;
}

export const TABS: readonly Tab[] = [
  { name: '', title: 'Now', key: 'n', action: 'readTicks' },
  { name: 'requests', title: 'Requests', key: 'r', action: 'readRequests' },
];

export function pageOf([name = '', id]: readonly string[]): ComponentChildren {
  switch (name) {
    case '':
      return <NowPage />;
    case 'requests':
      return id === undefined ? <RequestsPage /> : <RequestPage id={id} />;
    default:
      return (
        <p class="empty">
          There is no such page. <a href={linkTo([])}>To the first page</a>
        </p>
      );
  }
}
