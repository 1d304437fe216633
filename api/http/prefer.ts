// RFC 7240 `Prefer: wait=N`: how long a submitter would rather wait for the outcome than ask again.

/** Load balancers commonly cut at 60 s; a wait of half of that leaves room. */
const WAIT_SECONDS_MAX = 30;

/** 0 when nothing is preferred. A preference that makes no sense is ignored, as the RFC has it. */
export function preferredWaitSeconds(header: string | string[] | undefined): number {
  if (header === undefined) return 0;
  const wait = /(?:^|[,;\s])wait="?([0-9]{1,6})"?(?=$|[,;\s])/i.exec([header].flat().join(', '));
  return Math.min(Number(wait?.[1] ?? 0), WAIT_SECONDS_MAX);
}
