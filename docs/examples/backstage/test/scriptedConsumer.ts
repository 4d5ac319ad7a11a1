// A consumer that answers what a test tells it, on loopback.

import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Item } from '../src/rows';

export interface Row {
  cluster: string;
  item: Item;
}

export function row(name: string, changed: Partial<Item> = {}, cluster = 'prod'): Row {
  const item = { targetNamespace: 't', targetName: 't', namespace: 'team-a', name, version: 'v1', kind: 'Service', uid: name, attributes: null };
  return { cluster, item: { ...item, ...changed } };
}

const originOf = (one: Row) => ({ cluster: one.cluster, namespace: 'team-a', inventory: 'all', exportedAt: '2026-01-15T12:00:00Z' });

export class ScriptedConsumer {
  rows: Row[] = [];
  isRebuilding = false;
  isStale = false;
  store = 's';
  cursor = 0;
  pageSize = 2;
  token = '';
  /** Of every request: path with query. */
  asked: string[] = [];
  /** Answers instead, where it answers at all. */
  instead?: (path: string, answer: http.ServerResponse) => boolean;
  private readonly streams = new Set<http.ServerResponse>();
  private history: { cursor: number; text: string }[] = [];
  private readonly server = http.createServer((request, answer) => this.answer(request, answer));

  async start(): Promise<string> {
    await new Promise<void>(done => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.dropStreams();
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  get streamCount(): number {
    return this.streams.size;
  }

  dropStreams(): void {
    for (const one of this.streams) one.destroy();
    this.streams.clear();
  }

  /** A change that is told, whether or not `rows` agrees. */
  tell(kind: string, before: Row | null, after: Row | null): void {
    const source = originOf((after ?? before) as Row);
    const data = JSON.stringify({ kind, source, before: before?.item ?? null, after: after?.item ?? null });
    this.send(`id: ${this.store}-${++this.cursor}\nevent: ${kind}\ndata: ${data}\n\n`);
  }

  send(text: string): void {
    this.history.push({ cursor: this.cursor, text });
    for (const one of this.streams) one.write(text);
  }

  add(one: Row): void {
    this.rows.push(one);
    this.tell('added', null, one);
  }

  remove(name: string): void {
    const gone = this.rows.find(one => one.item.name === name) as Row;
    this.rows = this.rows.filter(one => one !== gone);
    this.tell('removed', gone, null);
  }

  /** Another store takes its place, as if the consumer had been restarted with an empty one. */
  remake(rows: Row[], isRebuilding: boolean): void {
    this.dropStreams();
    this.store += 's';
    this.cursor = 0;
    this.history = [];
    this.rows = rows;
    this.isRebuilding = isRebuilding;
  }

  private answer(request: http.IncomingMessage, answer: http.ServerResponse): void {
    const path = request.url ?? '';
    this.asked.push(path);
    if (this.instead?.(path, answer)) return;
    if (this.token && request.headers.authorization !== `Bearer ${this.token}`) {
      answer.writeHead(401).end('a valid bearer token is needed\n');
      return;
    }
    const url = new URL(path, 'http://x');
    if (url.pathname === '/v1alpha1/status') {
      answer.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ rebuilding: this.isRebuilding }));
    } else if (url.pathname === '/v1alpha1/changes') {
      this.stream(String(request.headers['last-event-id'] ?? ''), answer);
    } else {
      this.page(url.searchParams, answer);
    }
  }

  private stream(since: string, answer: http.ServerResponse): void {
    const [store, cursor] = since.split('-');
    if (store !== this.store) {
      answer.writeHead(410).end('resync required: the cursor is of another store\n');
      return;
    }
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': here\n\n');
    for (const one of this.history) if (one.cursor > Number(cursor)) answer.write(one.text);
    this.streams.add(answer);
    answer.on('close', () => this.streams.delete(answer));
  }

  private page(asked: URLSearchParams, answer: http.ServerResponse): void {
    const [store, from] = (asked.get('cursor') ?? `${this.store}.0`).split('.');
    if (store !== this.store) {
      answer.writeHead(400).end('the cursor is not one of this store\n');
      return;
    }
    const fitting = this.rows.filter(
      ({ cluster, item }) =>
        (asked.get('cluster') ?? cluster) === cluster && (asked.get('kind') ?? item.kind) === item.kind && (asked.get('name') ?? item.name) === item.name,
    );
    const end = Number(from) + this.pageSize;
    const shown = fitting.slice(Number(from), end);
    const hasMore = end < fitting.length;
    answer.writeHead(200, { 'Content-Type': 'application/json' }).end(
      JSON.stringify({
        items: shown.map(one => one.item),
        origins: shown.map(originOf),
        pagination: { total: fitting.length, hasMore, ...(hasMore ? { next: `${this.store}.${end}` } : {}) },
        stale: this.isStale,
        rebuilding: this.isRebuilding,
        changeCursor: `${this.store}-${this.cursor}`,
      }),
    );
  }
}
