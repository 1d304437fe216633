// One line of a chart. Apart from the chart, so that what computes lines needs no page to be tested.

export interface Series {
  readonly label: string;
  /** One a time, null where there is none. */
  readonly values: readonly (number | null)[];
  readonly stepped?: boolean;
}
