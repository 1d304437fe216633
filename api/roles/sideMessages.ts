// What a worker and the process beside it say to each other over IPC. The database holds all that counts.

export interface SideOptions {
  readonly cell: string;
  readonly databaseUrl: string;
  readonly redisUrl?: string | undefined;
  readonly webhookLoopback: boolean;
  readonly secretKeys: readonly string[];
}

export type ToSide = { readonly type: 'start'; readonly options: SideOptions } | { readonly type: 'stop' };

export type FromSide = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };
