// One line of a chart. Called by chart.tsx, and by what makes lines.

export interface Series {
  readonly label: string;
  /** One a time, null where there is none. */
  readonly values: readonly (number | null)[];
  readonly stepped?: boolean;
}
