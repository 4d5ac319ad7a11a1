// Whether what was read may remove anything. Nothing here reads, waits or keeps anything.

export interface PageSignals {
  rebuilding: boolean;
  hasMore: boolean;
}

export interface Reading {
  /** The signals of every page that was read, in order. */
  pages: readonly PageSignals[];
  /** How many entities the catalogue has from here. */
  held: number;
  /** Which of them were not found. */
  missing: readonly string[];
}

/** So many went at once that they have been left where they are until they are found missing again. */
export interface Doubt {
  missing: ReadonlySet<string>;
  since: number;
}

export interface Limits {
  /** More of the catalogue than this does not go at once. */
  maxRemovedPercent: number;
  /** How long those that are doubted must have been missing. */
  confirmAfterMs: number;
}

export type Decision =
  | { apply: 'everything' }
  | { apply: 'additions'; because: string; doubt?: Doubt }
  | { apply: 'nothing'; because: string };

export function decide(reading: Reading, doubt: Doubt | undefined, limits: Limits, now: number): Decision {
  const last = reading.pages[reading.pages.length - 1];
  if (last === undefined || last.hasMore) {
    return { apply: 'nothing', because: 'not all pages were read' };
  }
  if (reading.pages.some(page => page.rebuilding)) {
    return { apply: 'additions', because: 'the store is being rebuilt: what is missing may not have been deleted' };
  }
  if (reading.missing.length * 100 <= limits.maxRemovedPercent * reading.held) {
    return { apply: 'everything' };
  }
  const isKnown = doubt !== undefined && reading.missing.every(ref => doubt.missing.has(ref));
  if (isKnown && now - doubt.since >= limits.confirmAfterMs) {
    return { apply: 'everything' };
  }
  return {
    apply: 'additions',
    because:
      `${reading.missing.length} of ${reading.held} entities would go, more than ${limits.maxRemovedPercent} %: ` +
      `they stay until they have been missing for ${limits.confirmAfterMs / 1000} s`,
    doubt: isKnown ? doubt : { missing: new Set(reading.missing), since: now },
  };
}
