// Keeps a Backstage catalogue equal to a Kollect fleet, and never removes what may only be missing.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { DeferredEntity, EntityProvider, EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { ApiError, ApiOptions, KollectApi } from './api';
import { decide, Doubt, Limits, PageSignals } from './completeness';
import { EntityOptions, entityOf } from './entities';
import { Change, Filter, Item, Origin, readChange } from './rows';

export interface ProviderOptions extends ApiOptions, EntityOptions, Limits {
  logger: Pick<LoggerService, 'info' | 'warn'>;
  /** Another mapping than `entityOf`; nothing for items that do not belong into the catalogue. */
  toEntity?: (item: Item, origin: Pick<Origin, 'cluster'>) => Entity | undefined;
  /** References of the entities that the catalogue has from this provider: asked once, at the start. */
  heldRefs?: () => Promise<Iterable<string>>;
  /** Everything is read again so often, whatever the stream told. */
  rereadEveryMs: number;
  /** How often the consumer is asked whether it has been rebuilt. */
  rebuildingPollMs: number;
  /** Changes of so long a time are applied together. */
  gatherMs: number;
  firstRetryMs: number;
  mostRetryMs: number;
  signal?: AbortSignal;
}

export const defaults = {
  namespace: 'default',
  owner: 'unknown',
  lifecycle: 'production',
  pageSize: 1000,
  timeoutMs: 30_000,
  silenceMs: 45_000,
  maxRemovedPercent: 50,
  confirmAfterMs: 60_000,
  rereadEveryMs: 3_600_000,
  rebuildingPollMs: 1000,
  gatherMs: 100,
  firstRetryMs: 500,
  mostRetryMs: 30_000,
} as const;

/** How many changes are held at most before they are applied. */
const mostChanges = 5000;
/** More removals than these of one cluster are looked up by reading all of the cluster. */
const mostLookups = 10;

/** Where the stream goes on, and when everything has to be read again. */
interface Place {
  since: string;
  isRebuilding: boolean;
  /** Whether anything was heard of the stream. */
  isFollowed: boolean;
  rereadAt: number;
}

/** A removal that was told: which row to look for before it is believed. */
interface Removal {
  ref: string;
  filter: Filter;
}

function fingerprint(entity: Entity): string {
  return createHash('sha1').update(JSON.stringify(entity)).digest('base64');
}

/** What the promise gives, or nothing when time is up; the promise goes on. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), Math.min(Math.max(milliseconds, 0), 2 ** 31 - 1));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class KollectEntityProvider implements EntityProvider {
  private readonly api: KollectApi;
  private readonly signal: AbortSignal;
  private connection?: EntityProviderConnection;
  /** What the catalogue has, by reference; an empty fingerprint where only that is known. */
  private held = new Map<string, string>();
  private isHeldKnown: boolean;
  private doubt?: Doubt;
  private isStale = false;

  constructor(private readonly options: ProviderOptions) {
    if (!/^[A-Za-z0-9._-]{1,63}$/.test(options.id)) {
      throw new Error(`the provider's id must be of letters, digits, '.', '_' and '-', not '${options.id}'`);
    }
    this.api = new KollectApi(options);
    this.signal = options.signal ?? new AbortController().signal;
    this.isHeldKnown = options.heldRefs === undefined;
  }

  getProviderName(): string {
    return `kollect:${this.options.id}`;
  }

  /** Begins to follow the fleet, and does not wait for it: a portal starts without its consumer. */
  async connect(connection: EntityProviderConnection): Promise<void> {
    this.connection = connection;
    void this.run();
  }

  private async run(): Promise<void> {
    await this.retry(async succeeded => {
      if (!this.isHeldKnown) {
        for (const ref of (await this.options.heldRefs?.()) ?? []) this.held.set(ref, '');
        this.isHeldKnown = true;
      }
      const place = await this.readEverything();
      await this.follow(place);
      // Otherwise pages and stream do not fit, and would be asked for without a pause.
      if (!place.isFollowed) throw new Error('the stream does not go on from what was read');
      succeeded();
      return false;
    });
  }

  /** Does it until it says that it is done, with pauses that grow as long as it fails. */
  private async retry(attempt: (succeeded: () => void) => Promise<boolean>): Promise<void> {
    let pause = this.options.firstRetryMs;
    while (!this.signal.aborted) {
      try {
        if (await attempt(() => (pause = this.options.firstRetryMs))) return;
      } catch (reason) {
        if (this.signal.aborted) return;
        const why = reason instanceof Error ? reason.message : String(reason);
        this.options.logger.warn(`${this.getProviderName()}: ${why}; tried again in ${pause / 1000} s`);
        await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal: this.signal }).catch(() => undefined);
        pause = Math.min(pause * 2, this.options.mostRetryMs);
      }
    }
  }

  private toEntity(item: Item, origin: Pick<Origin, 'cluster'>): Entity | undefined {
    return this.options.toEntity ? this.options.toEntity(item, origin) : entityOf(item, origin, this.options);
  }

  /** Reads all pages, and only then applies what they may. */
  private async readEverything(): Promise<Place> {
    const found = new Map<string, Entity>();
    const pages: PageSignals[] = [];
    let since: string | undefined;
    let isStale = false;
    for await (const page of this.api.pages({}, this.signal)) {
      // What came after the first page was asked for is told by the stream.
      since ??= page.changeCursor;
      pages.push({ rebuilding: page.rebuilding, hasMore: page.pagination.hasMore });
      isStale ||= page.stale;
      page.items.forEach((item, index) => {
        const entity = this.toEntity(item, page.origins[index] as Origin);
        if (entity) found.set(stringifyEntityRef(entity), entity);
      });
    }
    this.tellStale(isStale);
    const missing = [...this.held.keys()].filter(ref => !found.has(ref));
    const now = Date.now();
    const decision = decide({ pages, held: this.held.size, missing }, this.doubt, this.options, now);
    if (decision.apply === 'nothing' || since === undefined) {
      throw new Error(decision.apply === 'nothing' ? decision.because : 'there was no page');
    }
    this.doubt = decision.apply === 'additions' ? decision.doubt : undefined;
    if (decision.apply === 'everything') {
      await this.applyAll(found);
    } else {
      this.options.logger.warn(`${this.getProviderName()}: ${decision.because}`);
      await this.applyDelta(found, []);
    }
    return {
      since,
      isRebuilding: pages.some(page => page.rebuilding),
      isFollowed: false,
      rereadAt: this.doubt ? this.doubt.since + this.options.confirmAfterMs : now + this.options.rereadEveryMs,
    };
  }

  private tellStale(isStale: boolean): void {
    if (isStale && !this.isStale) {
      this.options.logger.warn(`${this.getProviderName()}: a cluster is silent; its entities stay as they were`);
    }
    this.isStale = isStale;
  }

  /** Follows the stream through lost connections, until everything has to be read again. */
  private async follow(place: Place): Promise<void> {
    await this.retry(async succeeded => {
      try {
        return await this.listen(place, succeeded);
      } catch (reason) {
        if (reason instanceof ApiError && reason.status === 410) {
          this.options.logger.info(`${this.getProviderName()}: ${reason.message}`);
          return true;
        }
        if (Date.now() >= place.rereadAt) return true;
        throw reason;
      }
    });
  }

  /** Follows one connection of the stream; true when everything has to be read again. */
  private async listen(place: Place, succeeded: () => void): Promise<boolean> {
    const ending = new AbortController();
    const end = () => ending.abort();
    this.signal.addEventListener('abort', end);
    const parts = this.api.changes(place.since, ending.signal);
    let next = parts.next();
    let waiting: Change[] = [];
    let applyAt = Infinity;
    let pollAt = place.isRebuilding ? Date.now() + this.options.rebuildingPollMs : Infinity;
    let lastId = place.since;
    try {
      for (;;) {
        const part = await within(next, Math.min(applyAt, pollAt, place.rereadAt) - Date.now());
        if (part?.done) throw new Error('the consumer has ended the change stream');
        let isLost = false;
        if (part) {
          succeeded();
          place.isFollowed = true;
          for (const event of part.value.events) {
            isLost ||= event.type === 'resync';
            if (['added', 'changed', 'removed'].includes(event.type)) waiting.push(readChange(event.data));
          }
          lastId = part.value.lastId;
          next = parts.next();
          if (waiting.length > 0) applyAt = Math.min(applyAt, Date.now() + this.options.gatherMs);
        }
        if (isLost || Date.now() >= applyAt || waiting.length >= mostChanges) {
          await this.applyChanges(waiting, place);
          waiting = [];
          applyAt = Infinity;
        }
        // What is waiting is told again if the connection is lost now.
        if (waiting.length === 0) place.since = lastId;
        if (isLost || Date.now() >= place.rereadAt) return true;
        if (Date.now() >= pollAt) {
          if (!(await this.api.status(ending.signal)).rebuilding) return true;
          pollAt = Date.now() + this.options.rebuildingPollMs;
        }
      }
    } finally {
      this.signal.removeEventListener('abort', end);
      ending.abort();
      next.catch(() => undefined);
    }
  }

  private async applyChanges(changes: readonly Change[], place: Place): Promise<void> {
    const added = new Map<string, Entity>();
    const removed = new Map<string, Removal>();
    for (const change of changes) {
      const after = change.after ? this.toEntity(change.after, change.source) : undefined;
      const ref = after && stringifyEntityRef(after);
      const before = change.before ? this.toEntity(change.before, change.source) : undefined;
      const gone = before && stringifyEntityRef(before);
      if (change.before && gone && gone !== ref) {
        added.delete(gone);
        removed.set(gone, { ref: gone, filter: filterFor(change.before, change.source.cluster) });
      }
      if (after && ref) {
        removed.delete(ref);
        added.set(ref, after);
      }
    }
    // While the store is rebuilt, the log's old removals are told again, of what was added once more later on.
    const doubtful = place.isRebuilding ? [] : [...removed.values()].filter(one => this.held.has(one.ref));
    const gone = await this.confirm(doubtful, added, place);
    await this.applyDelta(added, gone);
  }

  /**
   * Which removals are true: the store is complete and has no row of the entity. Another inventory may still carry what
   * was removed from one. What is found is added to `found`.
   */
  private async confirm(removals: readonly Removal[], found: Map<string, Entity>, place: Place): Promise<string[]> {
    if (removals.length === 0) return [];
    const asked = new Map<string, Filter>();
    const byCluster = new Map<string, Removal[]>();
    for (const one of removals) {
      const cluster = one.filter.cluster ?? '';
      byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), one]);
    }
    for (const [cluster, members] of byCluster) {
      const filters = members.length > mostLookups ? [{ cluster }] : members.map(one => one.filter);
      for (const filter of filters) asked.set(JSON.stringify(filter), filter);
    }
    const refs = new Set(removals.map(one => one.ref));
    const pages: PageSignals[] = [];
    for (const filter of asked.values()) {
      for await (const page of this.api.pages(filter, this.signal)) {
        // One list for all questions: none of them may be cut short, which pages() throws for.
        pages.push({ rebuilding: page.rebuilding, hasMore: false });
        page.items.forEach((item, index) => {
          const entity = this.toEntity(item, page.origins[index] as Origin);
          const ref = entity && stringifyEntityRef(entity);
          if (entity && ref && refs.delete(ref)) found.set(ref, entity);
        });
      }
    }
    const missing = [...refs];
    const decision = decide({ pages, held: this.held.size, missing }, this.doubt, this.options, Date.now());
    if (decision.apply === 'everything') return missing;
    this.options.logger.warn(`${this.getProviderName()}: ${decision.because}`);
    place.rereadAt = Math.min(place.rereadAt, Date.now() + this.options.confirmAfterMs);
    if (decision.apply === 'additions') this.doubt = decision.doubt;
    return [];
  }

  private deferred(entity: Entity): DeferredEntity {
    return { entity, locationKey: this.getProviderName() };
  }

  private async applyAll(entities: ReadonlyMap<string, Entity>): Promise<void> {
    await this.connection?.applyMutation({
      type: 'full',
      entities: [...entities.values()].map(entity => this.deferred(entity)),
    });
    this.held = new Map([...entities].map(([ref, entity]) => [ref, fingerprint(entity)]));
    this.options.logger.info(`${this.getProviderName()}: the catalogue has all ${entities.size} entities of the fleet`);
  }

  private async applyDelta(entities: ReadonlyMap<string, Entity>, removed: readonly string[]): Promise<void> {
    const added = [...entities].filter(([ref, entity]) => this.held.get(ref) !== fingerprint(entity));
    if (added.length === 0 && removed.length === 0) return;
    await this.connection?.applyMutation({
      type: 'delta',
      added: added.map(([, entity]) => this.deferred(entity)),
      removed: removed.map(entityRef => ({ entityRef, locationKey: this.getProviderName() })),
    });
    for (const [ref, entity] of added) this.held.set(ref, fingerprint(entity));
    for (const ref of removed) this.held.delete(ref);
  }
}

/** The narrowest question that certainly finds the row: what is not a plain name is left out of it. */
function filterFor(item: Item, cluster: string): Filter {
  const plain = (text: string) => (typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/.test(text) ? text : '');
  return { cluster: plain(cluster), kind: plain(item.kind), name: plain(item.name) };
}
