// The read API over HTTP: pages, status and the change stream.

import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { Filter, Page, readPage, readStatus, Status } from './rows';
import { ServerEvent, ServerEventReader } from './serverEvents';

export interface ApiOptions {
  /** Where kollect-consumer listens, for example `https://kollect.example:8080`. */
  url: string;
  /** A file whose first line is the bearer token; it is read for every request. */
  tokenFile?: string;
  /** PEM certificates to trust instead of those that Node.js knows; read for every request. */
  caFile?: string;
  /** Rows of one page. */
  pageSize: number;
  /** A request that nothing is heard of for so long has failed. */
  timeoutMs: number;
  /** The same for the change stream: more than the consumer's --heartbeat. */
  silenceMs: number;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface StreamPart {
  events: ServerEvent[];
  /** Where to come back once all of `events` are done. */
  lastId: string;
}

const longestRefusal = 2000;

export class KollectApi {
  private readonly base: string;

  constructor(private readonly options: ApiOptions) {
    const { protocol } = new URL(options.url);
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new Error(`${options.url} is neither http: nor https:`);
    }
    this.base = options.url.replace(/\/+$/, '');
  }

  /** All pages that fit; it throws when one of them cannot be had, so that what was read is known to be partial. */
  async *pages(filter: Filter, signal: AbortSignal): AsyncGenerator<Page> {
    const asked = new URLSearchParams({ origins: 'true', limit: String(this.options.pageSize) });
    for (const [name, value] of Object.entries(filter)) {
      if (value) asked.set(name, value);
    }
    for (;;) {
      const page = readPage(await this.json(`/v1alpha1/inventory?${asked}`, signal));
      yield page;
      if (!page.pagination.hasMore) return;
      const next = page.pagination.next ?? '';
      if (next === '' || next === asked.get('cursor')) throw new Error('the pages do not go on');
      asked.set('cursor', next);
    }
  }

  async status(signal: AbortSignal): Promise<Status> {
    return readStatus(await this.json('/v1alpha1/status', signal));
  }

  /** What has changed after `since`, as it comes; heartbeats are parts without events. */
  async *changes(since: string, signal: AbortSignal): AsyncGenerator<StreamPart> {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': since };
    const answer = await this.open('/v1alpha1/changes', headers, this.options.silenceMs, signal);
    if (!answer.headers['content-type']?.startsWith('text/event-stream')) {
      answer.destroy();
      throw new Error('the answer is not a stream of events');
    }
    const reader = new ServerEventReader(since);
    for await (const bytes of answer) {
      const events = reader.push(bytes as Buffer);
      yield { events, lastId: reader.lastId };
    }
  }

  private async json(path: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.open(path, { Accept: 'application/json' }, this.options.timeoutMs, signal);
    const parts: Buffer[] = [];
    for await (const bytes of answer) parts.push(bytes as Buffer);
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  }

  private async open(
    path: string,
    headers: Record<string, string>,
    silenceMs: number,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const { tokenFile, caFile } = this.options;
    const token = tokenFile && (await readFile(tokenFile, 'utf8')).split('\n', 1)[0]?.trim();
    if (tokenFile && !token) throw new Error(`${tokenFile} has no token in its first line`);
    const ca = caFile && (await readFile(caFile));
    const url = new URL(this.base + path);
    const settings: https.RequestOptions = {
      agent: false,
      headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers,
      signal,
      timeout: silenceMs,
      ...(ca ? { ca } : {}),
    };
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      let begun: http.IncomingMessage | undefined;
      const onAnswer = (message: http.IncomingMessage) => resolve((begun = message));
      const asked = url.protocol === 'https:' ? https.request(url, settings, onAnswer) : http.request(url, settings, onAnswer);
      asked.on('error', reject);
      asked.on('timeout', () =>
        (begun ?? asked).destroy(new Error(`nothing was heard of ${this.base} for ${silenceMs / 1000} s`)),
      );
      asked.end();
    });
    if (answer.statusCode !== 200) throw await this.refusal(answer, path);
    return answer;
  }

  private async refusal(answer: http.IncomingMessage, path: string): Promise<ApiError> {
    let text = '';
    for await (const bytes of answer) {
      text += String(bytes);
      if (text.length > longestRefusal) break;
    }
    const status = answer.statusCode ?? 0;
    const said = text.slice(0, longestRefusal).replace(/\p{Cc}+/gu, ' ').trim();
    const hint =
      status !== 401
        ? ''
        : this.options.tokenFile
          ? `; the token was the first line of ${this.options.tokenFile} (tokenFile)`
          : '; no token was sent: set tokenFile';
    return new ApiError(status, `${this.base}${path.replace(/\?.*/, '')} answered ${status}: ${said}${hint}`);
  }
}
