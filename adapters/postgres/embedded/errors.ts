// The error of the embedded database. Invariant: `code` is stable and may be switched on; the message says what
// stands in the way and what to do about it. Thrown by this folder, reported by the composition roots.

export type EmbeddedPostgresErrorCode =
  | 'PLATFORM_UNSUPPORTED'
  | 'BINARIES_UNUSABLE'
  | 'OTHER_MAJOR_VERSION'
  | 'DATA_DIRECTORY_FOREIGN'
  | 'WRONG_OWNER'
  | 'SERVICE_USER_MISSING'
  | 'PASSWORD_MISSING'
  | 'PASSWORD_REFUSED'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'START_TIMEOUT'
  | 'STOP_FAILED';

export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}
