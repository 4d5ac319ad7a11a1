import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaults, KollectEntityProvider, ProviderOptions } from '../src';
import { Catalogue } from './catalogue';
import { row, ScriptedConsumer } from './scriptedConsumer';

interface Portal {
  consumer: ScriptedConsumer;
  catalogue: Catalogue;
  logged: string[];
  provider: KollectEntityProvider;
  /** Until it holds; fails with `what` after ten seconds. */
  eventually(what: string, holds: () => boolean): Promise<void>;
  has(...titles: string[]): Promise<void>;
  /** Fails where one of these is away at any time from now on. */
  neverWithout(...titles: string[]): void;
}

async function portal(t: TestContext, names: string[], more: Partial<ProviderOptions> = {}, catalogue = new Catalogue()): Promise<Portal> {
  const consumer = new ScriptedConsumer();
  consumer.rows = names.map(name => row(name));
  const url = await consumer.start();
  const ending = new AbortController();
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const provider = new KollectEntityProvider({
    ...defaults,
    id: 'fleet',
    url,
    gatherMs: 5,
    firstRetryMs: 10,
    mostRetryMs: 100,
    rebuildingPollMs: 20,
    confirmAfterMs: 300,
    ...more,
    logger: { info: log, warn: log },
    signal: ending.signal,
  });
  t.after(async () => {
    ending.abort();
    await consumer.stop();
  });
  const eventually = async (what: string, holds: () => boolean) => {
    for (const end = Date.now() + 10_000; !holds(); await sleep(5)) {
      assert.ok(Date.now() < end, `${what}: ${JSON.stringify({ titles: catalogue.titles(), logged, asked: consumer.asked }, null, 1)}`);
    }
  };
  const losses: string[] = [];
  t.after(() => assert.deepEqual(losses, []));
  return {
    consumer,
    catalogue,
    logged,
    provider,
    eventually,
    has: (...titles) => eventually(`the catalogue has ${titles}`, () => catalogue.titles().join() === titles.sort().join()),
    neverWithout: (...titles) => {
      catalogue.onMutation = () => losses.push(...titles.filter(title => !catalogue.titles().includes(title)));
    },
  };
}

const isStreaming = (one: Portal) => one.eventually('the stream', () => one.consumer.streamCount > 0);

/** One that has read everything and follows the stream. */
async function following(...what: Parameters<typeof portal>): Promise<Portal> {
  const one = await portal(...what);
  await one.provider.connect(one.catalogue);
  await isStreaming(one);
  return one;
}

test('it takes all pages in one full mutation, then follows', async t => {
  const one = await portal(t, ['a', 'b', 'c', 'd', 'e']);
  await one.provider.connect(one.catalogue);
  await one.has('a', 'b', 'c', 'd', 'e');
  assert.deepEqual(one.catalogue.mutations.map(mutation => mutation.type), ['full']);
  await isStreaming(one);
  one.consumer.add(row('f'));
  await one.has('a', 'b', 'c', 'd', 'e', 'f');
  one.consumer.remove('b');
  await one.has('a', 'c', 'd', 'e', 'f');
  assert.deepEqual(one.catalogue.mutations.map(mutation => mutation.type), ['full', 'delta', 'delta']);
});

test('a change of nothing that an entity shows is no mutation', async t => {
  const one = await following(t, ['a']);
  one.consumer.tell('changed', row('a'), row('a', { attributes: { replicas: 7 } }));
  one.consumer.add(row('b'));
  await one.has('a', 'b');
  const last = one.catalogue.mutations[1];
  assert.ok(last?.type === 'delta' && last.added.length === 1);
});

test('pages that break off change nothing', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd', 'e']);
  one.neverWithout('a', 'b', 'c', 'd', 'e');
  let broken = 0;
  one.consumer.instead = (path, answer) => {
    if (!path.includes('cursor=') || broken >= 4) return false;
    broken += 1;
    if (broken === 1) answer.destroy();
    if (broken === 2) answer.writeHead(503).end('the store is away\n');
    if (broken === 3) answer.writeHead(200).end('{"items":[');
    if (broken === 4) answer.writeHead(200).end('{}');
    return true;
  };
  one.consumer.send('event: resync\ndata: {}\n\n');
  one.consumer.rows.push(row('f'));
  await one.has('a', 'b', 'c', 'd', 'e', 'f');
  assert.equal(broken, 4);
  assert.deepEqual(one.catalogue.mutations.map(mutation => mutation.type), ['full', 'full']);
});

test('what changes between two pages is told by the stream', async t => {
  const one = await portal(t, ['a', 'b', 'c']);
  let isFirst = true;
  one.consumer.instead = path => {
    if (path.includes('cursor=') && isFirst) {
      isFirst = false;
      one.consumer.rows.unshift(row('early'), row('early too'));
      one.consumer.tell('added', null, row('early'));
      one.consumer.tell('added', null, row('early too'));
    }
    return false;
  };
  await one.provider.connect(one.catalogue);
  await one.has('a', 'b', 'c', 'early', 'early too');
  const [first] = one.catalogue.mutations;
  assert.ok(first?.type === 'full' && !first.entities.some(({ entity }) => entity.metadata.title === 'early'));
});

test('answers that are no pages are not believed', async t => {
  const answers = ['{}', '[]', 'null', '<html>sign in</html>', '{"items":[],"pagination":{"hasMore":false},"rebuilding":false}',
    '{"items":[],"origins":[],"pagination":{"hasMore":true},"rebuilding":false,"stale":false,"changeCursor":"s-0"}',
    '{"items":[{}],"origins":[],"pagination":{"hasMore":false},"rebuilding":false,"stale":false,"changeCursor":"s-0"}'];
  const catalogue = new Catalogue();
  const one = await portal(t, ['a'], {}, catalogue);
  let asked = 0;
  one.consumer.instead = (_path, answer) => {
    const text = answers[asked++];
    if (text !== undefined) answer.writeHead(200).end(text);
    return text !== undefined;
  };
  await one.provider.connect(catalogue);
  await one.has('a');
  assert.equal(catalogue.mutations.length, 1);
});

test('while the store is rebuilt entities are added, and none removed', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd']);
  one.neverWithout('a', 'b', 'c', 'd');
  one.consumer.remake([row('a'), row('x')], true);
  await one.has('a', 'b', 'c', 'd', 'x');
  await isStreaming(one);
  // The log is told again: what was removed once and came back.
  one.consumer.add(row('b'));
  one.consumer.remove('b');
  one.consumer.add(row('y'));
  await one.has('a', 'b', 'c', 'd', 'x', 'y');
  assert.ok(!one.consumer.asked.some(path => path.includes('name=')));
  one.consumer.rows.push(row('b'), row('c'));
  one.catalogue.onMutation = undefined;
  one.consumer.isRebuilding = false;
  await one.has('a', 'b', 'c', 'x', 'y');
  assert.equal(one.catalogue.mutations.filter(mutation => mutation.type === 'full').length, 2);
});

test('a consumer that rebuilds at the start fills the catalogue without a full mutation', async t => {
  const one = await portal(t, ['a']);
  one.consumer.isRebuilding = true;
  await one.provider.connect(one.catalogue);
  await one.has('a');
  assert.deepEqual(one.catalogue.mutations.map(mutation => mutation.type), ['delta']);
  one.consumer.isRebuilding = false;
  await one.eventually('the full one', () => one.catalogue.mutations.some(mutation => mutation.type === 'full'));
});

test('too many removals at once wait, and are believed when they last', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd']);
  one.neverWithout('a', 'b', 'c', 'd');
  one.consumer.remake([row('a'), row('new')], false);
  await one.has('a', 'b', 'c', 'd', 'new');
  assert.match(one.logged.join('\n'), /3 of 4 entities would go, more than 50 %/);
  one.catalogue.onMutation = undefined;
  await one.has('a', 'new');
});

test('too many removals that come back are never applied', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd'], { confirmAfterMs: 400 });
  one.neverWithout('a', 'b', 'c', 'd');
  one.consumer.remake([], false);
  await one.eventually('the doubt', () => /4 of 4 entities would go/.test(one.logged.join()));
  one.consumer.remake(['a', 'b', 'c', 'd', 'e'].map(name => row(name)), false);
  await one.has('a', 'b', 'c', 'd', 'e');
});

test('too many removals on the stream wait too', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd'], { gatherMs: 50 });
  const begun = Date.now();
  for (const name of ['a', 'b', 'c']) one.consumer.remove(name);
  await one.has('d');
  assert.ok(Date.now() - begun >= 300);
  assert.match(one.logged.join('\n'), /3 of 4 entities would go/);
});

test('after a restart the catalogue itself tells what would go', async t => {
  const catalogue = new Catalogue();
  const first = await portal(t, ['a', 'b', 'c', 'd'], {}, catalogue);
  await first.provider.connect(catalogue);
  await first.has('a', 'b', 'c', 'd');
  let asked = 0;
  const heldRefs = async () => {
    if (++asked === 1) throw new Error('the catalogue is not up yet');
    return catalogue.entities.keys();
  };
  const second = await portal(t, ['a'], { heldRefs }, catalogue);
  second.neverWithout('a', 'b', 'c', 'd');
  await second.provider.connect(catalogue);
  await second.eventually('the doubt', () => /3 of 4 entities would go/.test(second.logged.join()));
  second.catalogue.onMutation = undefined;
  await second.has('a');
});

test('a removal is believed only when no row of the entity is left', async t => {
  const one = await following(t, ['a', 'b', 'c', 'd']);
  one.neverWithout('a', 'b');
  // Another inventory, and a new object of the same name, still carry them.
  one.consumer.tell('removed', row('a'), null);
  one.consumer.rows = one.consumer.rows.map(other => (other.item.name === 'b' ? row('b', { uid: 'another' }) : other));
  one.consumer.tell('removed', row('b'), null);
  one.consumer.remove('c');
  await one.has('a', 'b', 'd');
  const uids = [...one.catalogue.entities.values()].map(entity => entity.metadata.annotations?.['kollect.dev/uid']);
  assert.deepEqual(uids.sort(), ['a', 'another', 'd']);
});

test('a removal is not believed when the answer says that the store is being rebuilt', async t => {
  const one = await following(t, ['a', 'b', 'c']);
  one.neverWithout('a', 'b', 'c');
  one.consumer.isRebuilding = true;
  one.consumer.remove('a');
  await one.eventually('the doubt', () => /being rebuilt/.test(one.logged.join()));
  one.consumer.rows.push(row('a'));
  one.consumer.isRebuilding = false;
  one.consumer.add(row('d'));
  await one.has('a', 'b', 'c', 'd');
});

test('many removals are looked up together', async t => {
  const names = Array.from({ length: 60 }, (_, index) => `n${index}`);
  const one = await portal(t, names, { gatherMs: 100 });
  one.consumer.pageSize = 100;
  await one.provider.connect(one.catalogue);
  await isStreaming(one);
  const before = one.consumer.asked.length;
  for (const name of names.slice(0, 25)) one.consumer.remove(name);
  await one.has(...names.slice(25));
  assert.ok(one.consumer.asked.length - before <= 3, one.consumer.asked.slice(before).join('\n'));
});

test('hostile names are removed like others', async t => {
  const names = ['', '\ud800', '&name=x', '\0', '%', 'a b', '../..', 'x'.repeat(3000)];
  const one = await portal(t, []);
  one.consumer.rows = [row('stays'), row('stays too'), ...names.map(name => row(name, { uid: 'u' }))];
  await one.provider.connect(one.catalogue);
  await one.eventually('all', () => one.catalogue.entities.size === names.length + 2);
  await isStreaming(one);
  for (const [index, name] of names.entries()) {
    one.consumer.remove(name);
    await one.eventually(JSON.stringify(name), () => one.catalogue.entities.size === names.length + 1 - index);
  }
  await one.has('stays', 'stays too');
});

test('hostile names that another inventory carries stay', async t => {
  const names = ['\ud800', '&name=x', '\0', 'a b', ' '];
  const one = await portal(t, ['a', 'b']);
  one.consumer.rows.push(...names.map(name => row(name, { uid: 'u' })));
  await one.provider.connect(one.catalogue);
  await isStreaming(one);
  const before = one.catalogue.titles();
  for (const name of names) one.consumer.tell('removed', row(name, { uid: 'u' }), null);
  one.consumer.remove('b');
  await one.has(...before.filter(title => title !== 'b'));
});

test('a lost stream goes on where it was', async t => {
  const one = await following(t, ['a', 'b']);
  const pages = () => one.consumer.asked.filter(path => path.startsWith('/v1alpha1/inventory')).length;
  const before = pages();
  for (const name of ['c', 'd', 'e']) {
    one.consumer.dropStreams();
    one.consumer.add(row(name));
    await one.eventually(name, () => one.catalogue.titles().includes(name));
  }
  assert.equal(pages(), before);
});

test('a change that could not be applied is told again', async t => {
  const one = await following(t, ['a', 'b', 'c']);
  const apply = one.catalogue.applyMutation.bind(one.catalogue);
  let failures = 2;
  one.catalogue.applyMutation = async mutation => {
    if (failures-- > 0) throw new Error("the catalogue's database is away");
    await apply(mutation);
  };
  one.consumer.remove('a');
  one.consumer.add(row('d'));
  await one.has('b', 'c', 'd');
});

test('a stream without heartbeats is given up', async t => {
  const one = await portal(t, ['a'], { silenceMs: 100 });
  await one.provider.connect(one.catalogue);
  const streams = () => one.consumer.asked.filter(path => path.startsWith('/v1alpha1/changes')).length;
  await one.eventually('three connections', () => streams() >= 3);
  assert.match(one.logged.join('\n'), /nothing was heard of .* for 0.1 s/);
  await one.has('a');
});

test('pages and stream that never fit are not asked for without a pause', async t => {
  const one = await portal(t, ['a'], { firstRetryMs: 50, mostRetryMs: 1000 });
  one.consumer.instead = (path, answer) => {
    if (!path.startsWith('/v1alpha1/changes')) return false;
    answer.writeHead(410).end('resync required\n');
    return true;
  };
  await one.provider.connect(one.catalogue);
  await one.eventually('the complaint', () => /does not go on from what was read/.test(one.logged.join()));
  await sleep(500);
  assert.ok(one.consumer.asked.length < 20, String(one.consumer.asked.length));
});

test('the token is read again, and what refuses it is named', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'kollect-token-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'the-wrong-token\n');
  const one = await portal(t, ['a'], { tokenFile });
  one.consumer.token = 'the-right-token';
  await one.provider.connect(one.catalogue);
  await one.eventually('the complaint', () => one.logged.some(text => text.includes(`answered 401`) && text.includes(tokenFile)));
  await writeFile(tokenFile, 'the-right-token\nanother\n');
  await one.has('a');
  assert.ok(!one.logged.join().includes('the-wrong-token'));
  await writeFile(tokenFile, '\n');
  one.consumer.dropStreams();
  await one.eventually('no token', () => one.logged.some(text => text.includes('has no token in its first line')));
});

test('a missing token says which setting is meant', async t => {
  const one = await portal(t, ['a']);
  one.consumer.token = 'the-right-token';
  await one.provider.connect(one.catalogue);
  await one.eventually('the complaint', () => one.logged.some(text => text.includes('no token was sent: set tokenFile')));
  assert.equal(one.catalogue.mutations.length, 0);
});

test('a silent cluster keeps its entities', async t => {
  const one = await portal(t, ['a', 'b']);
  one.consumer.isStale = true;
  await one.provider.connect(one.catalogue);
  await one.has('a', 'b');
  assert.match(one.logged.join('\n'), /a cluster is silent/);
});

test('a mapping that fails removes nothing', async t => {
  let fails = false;
  const one = await portal(t, ['a', 'b', 'c']);
  const options = (one.provider as unknown as { options: ProviderOptions }).options;
  options.toEntity = () => {
    if (fails) throw new Error('a mistake');
    return undefined;
  };
  fails = true;
  await one.provider.connect(one.catalogue);
  await one.eventually('the complaint', () => /a mistake/.test(one.logged.join()));
  assert.equal(one.catalogue.mutations.length, 0);
});

test('settings that cannot be meant are refused', () => {
  const options = { ...defaults, id: 'fleet', logger: { info: () => undefined, warn: () => undefined } };
  assert.throws(() => new KollectEntityProvider({ ...options, url: 'ftp://x' }), /neither http: nor https:/);
  assert.throws(() => new KollectEntityProvider({ ...options, url: 'nonsense' }));
  assert.throws(() => new KollectEntityProvider({ ...options, url: 'http://x', id: 'a b' }), /id must be/);
});
