// What a server process and its parent say to each other over IPC.

import type { ServerOptions, ServerStats } from './serverOptions.ts';

export type ToServer =
  | { readonly type: 'start'; readonly options: ServerOptions }
  | { readonly type: 'stats' }
  | { readonly type: 'stop' };

export type FromServer =
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly databaseUrl: string;
      readonly databasePid: number | null;
      readonly edgePid: number | null;
    }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stats'; readonly stats: ServerStats };
