// What the read API of kollect-consumer answers, as far as it is used here: docs/schema/openapi.yaml.

export interface Item {
  targetNamespace: string;
  targetName: string;
  namespace: string;
  name: string;
  group?: string;
  version: string;
  kind: string;
  uid: string;
  attributes: Record<string, unknown> | null;
}

export interface Origin {
  cluster: string;
  namespace: string;
  inventory: string;
  exportedAt: string;
}

export interface Page {
  items: Item[];
  origins: Origin[];
  pagination: { total: number; hasMore: boolean; next?: string };
  stale: boolean;
  rebuilding: boolean;
  changeCursor: string;
}

export interface Status {
  rebuilding: boolean;
}

export interface Change {
  kind: 'added' | 'changed' | 'removed' | 'snapshot';
  source: Origin;
  before?: Item | null;
  after?: Item | null;
}

/** A filter of the read API; what is empty counts as absent there. */
export interface Filter {
  cluster?: string;
  kind?: string;
  name?: string;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A page is believed only when all is there that tells whether it is complete: a proxy's `{}` with status 200 must not
 * look like an empty fleet.
 */
export function readPage(value: unknown): Page {
  if (
    !isRecord(value) ||
    !Array.isArray(value.items) ||
    !value.items.every(isRecord) ||
    !Array.isArray(value.origins) ||
    !value.origins.every(isRecord) ||
    value.origins.length !== value.items.length ||
    !isRecord(value.pagination) ||
    typeof value.pagination.hasMore !== 'boolean' ||
    typeof value.rebuilding !== 'boolean' ||
    typeof value.stale !== 'boolean' ||
    typeof value.changeCursor !== 'string'
  ) {
    throw new Error('the answer is not a page of /v1alpha1/inventory with origins');
  }
  const page = value as unknown as Page;
  if (page.pagination.hasMore && typeof page.pagination.next !== 'string') {
    throw new Error('the page says that there are more, and not how to get them');
  }
  return page;
}

export function readStatus(value: unknown): Status {
  if (!isRecord(value) || typeof value.rebuilding !== 'boolean') {
    throw new Error('the answer is not that of /v1alpha1/status');
  }
  return { rebuilding: value.rebuilding };
}

export function readChange(text: string): Change {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || typeof value.kind !== 'string' || !isRecord(value.source)) {
    throw new Error('the event is not an entry of the change feed');
  }
  return value as unknown as Change;
}
