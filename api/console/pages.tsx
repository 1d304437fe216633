// The pages by their address: which there are, who may see them, and what is drawn for a path.

import type { ComponentChildren } from 'preact';
import { linkTo } from './data/address.ts';
import { DepartmentPage, DepartmentsPage } from './pages/departments.tsx';
import { NowPage } from './pages/now.tsx';
import { PoliciesPage } from './pages/policies.tsx';
import { RequestPage } from './pages/request.tsx';
import { RequestsPage } from './pages/requests.tsx';
import { ReviewsPage } from './pages/reviews.tsx';
import { SimulationsPage } from './pages/simulations.tsx';
import { TickPage } from './pages/tick.tsx';
import { TicksPage } from './pages/ticks.tsx';

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
  { name: 'ticks', title: 'Ticks', key: 't', action: 'readTicks' },
  { name: 'departments', title: 'Departments', key: 'd', action: 'readDepartments' },
  { name: 'reviews', title: 'Reviews', key: 'v', action: 'readApprovals' },
  { name: 'policies', title: 'Policies', key: 'p', action: 'readPolicies' },
  { name: 'simulations', title: 'Simulations', key: 's', action: 'readJobs' },
];

export function pageOf([name = '', id]: readonly string[]): ComponentChildren {
  switch (name) {
    case '':
      return <NowPage />;
    case 'requests':
      return id === undefined ? <RequestsPage /> : <RequestPage id={id} />;
    case 'ticks':
      return id === undefined ? <TicksPage /> : <TickPage id={id} />;
    case 'departments':
      return id === undefined ? <DepartmentsPage /> : <DepartmentPage id={id} />;
    case 'reviews':
      return <ReviewsPage />;
    case 'policies':
      return <PoliciesPage />;
    case 'simulations':
      return <SimulationsPage />;
    default:
      return (
        <p class="empty">
          There is no such page. <a href={linkTo([])}>To the first page</a>
        </p>
      );
  }
}
