// What the build puts into the page: see api/cli/buildConsole.ts.

/** Name of the policy compiler's file, beside the scripts. */
declare const COMPILER_FILE: string;

interface ImportMeta {
  /** Texts of files by path, read at the build. */
  glob(
    patterns: readonly string[],
    how: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true },
  ): Readonly<Record<string, string>>;
}
