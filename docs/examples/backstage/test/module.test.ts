import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigReader } from '@backstage/config';
import { Entity } from '@backstage/catalog-model';
import type { EntityProvider } from '@backstage/plugin-catalog-node';
import { setTimeout as sleep } from 'node:timers/promises';
import catalogModuleKollect, { entityOf } from '../src';
import { Catalogue } from './catalogue';
import { row, ScriptedConsumer } from './scriptedConsumer';

interface Registration {
  pluginId: string;
  moduleId: string;
  init: { func(deps: object): Promise<void> };
}

test('the module gives the catalogue a provider that knows what the catalogue has', async t => {
  const consumer = new ScriptedConsumer();
  consumer.rows = [row('a')];
  const url = await consumer.start();
  let shutdown = () => {};
  t.after(async () => {
    shutdown();
    await consumer.stop();
  });
  const feature = catalogModuleKollect as unknown as { getRegistrations(): Registration[] };
  const [registration] = feature.getRegistrations();
  assert.ok(registration);
  assert.equal(`${registration.pluginId}/${registration.moduleId}`, 'catalog/kollect');
  const providers: EntityProvider[] = [];
  const logged: string[] = [];
  const filters: unknown[] = [];
  const options = { id: 'west', namespace: 'fleet', owner: 'ops', lifecycle: 'production' };
  const held = ['a', 'b', 'c'].map(name => entityOf(row(name).item, { cluster: 'prod' }, options));
  await registration.init.func({
    auth: { getOwnServiceCredentials: async () => ({}) },
    catalog: {
      async *streamEntities(asked: { filter: unknown }): AsyncGenerator<Entity[]> {
        filters.push(asked.filter);
        yield held;
      },
    },
    config: new ConfigReader({ catalog: { providers: { kollect: { url, id: 'west', namespace: 'fleet', owner: 'ops' } } } }),
    lifecycle: { addShutdownHook: (hook: () => void) => (shutdown = hook) },
    logger: { info: (text: string) => logged.push(text), warn: (text: string) => logged.push(text) },
    processing: { addEntityProvider: (one: EntityProvider) => providers.push(one) },
  });
  const catalogue = new Catalogue();
  const [provider] = providers;
  assert.equal(provider?.getProviderName(), 'kollect:west');
  await provider?.connect(catalogue);
  for (const end = Date.now() + 10_000; logged.length === 0 && Date.now() < end; ) await sleep(5);
  assert.match(logged[0] ?? '', /2 of 3 entities would go, more than 50 %/);
  assert.deepEqual(filters, [{ 'metadata.annotations.backstage.io/managed-by-origin-location': 'kollect:west' }]);
});
