// The settings of the embedded server. Invariant: durability is never traded (fsync, synchronous_commit and
// full_page_writes stay on). Written at each start; what an operator set by ALTER SYSTEM comes after and wins.
export const SETTINGS_FILE = 'annona.conf';

const SETTINGS: Record<string, string> = {
  // Kill -9 with synchronous_commit off lost 350 of 80,463 acknowledged commits; with these, none of 38,719.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Modest: the application shares the machine, and its tables fit the page cache.
  shared_buffers: '128MB',
  max_connections: '100',
  // Bounds what a start after a kill replays, and with it how long that start takes.
  max_wal_size: '256MB',
  min_wal_size: '80MB',
  checkpoint_timeout: '5min',
  wal_compression: 'on',
  // Compiling pays on long analytic queries; ours are short, and one compiled by mistake costs 100 ms and more.
  jit: 'off',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A client that died inside a transaction must not hold its locks for ever.
  idle_in_transaction_session_timeout: '60s',
  log_checkpoints: 'off',
};

export function settingsText(overrides: Record<string, string>): string {
  const lines = Object.entries({ ...SETTINGS, ...overrides }).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
  );
  return `# Written by Annona at each start. To change a setting for good: ALTER SYSTEM SET name = value.\n${lines.join('\n')}\n`;
}
