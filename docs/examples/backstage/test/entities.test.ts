import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { entityName, entityOf } from '../src/entities';
import type { Item } from '../src/rows';
import { checkEntity } from './catalogue';

const options = { id: 'fleet', namespace: 'default', owner: 'unknown', ownerAttribute: 'team', lifecycle: 'production' };
const item = (changed: Partial<Item> = {}): Item => ({
  targetNamespace: 'team-a',
  targetName: 'workloads',
  namespace: 'team-a',
  name: 'api',
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  uid: 'u-1',
  attributes: { replicas: 2 },
  ...changed,
});
const refOf = (changed: Partial<Item> = {}, cluster = 'prod-west') => stringifyEntityRef(entityOf(item(changed), { cluster }, options));

test('a Deployment is a Component', async () => {
  const entity = entityOf(item({ attributes: { team: 'group:default/team-a' } }), { cluster: 'prod-west' }, options);
  await checkEntity(entity);
  assert.deepEqual(entity, {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: entity.metadata.name,
      namespace: 'default',
      title: 'api',
      description: 'Deployment in prod-west/team-a',
      annotations: {
        'backstage.io/managed-by-location': 'kollect:fleet',
        'backstage.io/managed-by-origin-location': 'kollect:fleet',
        'kollect.dev/cluster': 'prod-west',
        'kollect.dev/namespace': 'team-a',
        'kollect.dev/name': 'api',
        'kollect.dev/kind': 'Deployment',
        'kollect.dev/api-version': 'apps/v1',
        'kollect.dev/uid': 'u-1',
      },
    },
    spec: { type: 'deployment', owner: 'group:default/team-a', lifecycle: 'production' },
  });
  assert.match(entity.metadata.name, /^api-[0-9a-f]{16}$/);
});

test('other objects are Resources', async () => {
  const entity = entityOf(item({ kind: 'Service', group: undefined }), { cluster: 'prod-west' }, options);
  await checkEntity(entity);
  assert.equal(entity.kind, 'Resource');
  assert.deepEqual(entity.spec, { type: 'service', owner: 'unknown' });
  assert.equal(entity.metadata.annotations?.['kollect.dev/api-version'], 'v1');
});

test('names are the same at every start', () => {
  assert.equal(refOf(), 'component:default/api-88b1f57df67c832c');
});

test('an object is one entity, whoever carries it', () => {
  for (const changed of [{ uid: 'u-2' }, { targetName: 'other' }, { targetNamespace: 'x' }, { version: 'v2' }, { attributes: null }]) {
    assert.equal(refOf(changed), refOf());
  }
});

test('different objects are different entities', () => {
  const refs = [
    refOf(),
    refOf({}, 'prod-east'),
    refOf({ namespace: 'team-b' }),
    refOf({ name: 'API' }),
    refOf({ name: 'api ' }),
    refOf({ group: 'apps.example' }),
    refOf({ kind: 'StatefulSet' }),
    refOf({ namespace: 'team', name: '-a.api' }),
    refOf({ name: '\ud800' }),
    refOf({ name: '\ud801' }),
    refOf({ name: '\ufffd' }),
    refOf({ name: '' }),
    refOf({ name: 'x'.repeat(5000) }),
    refOf({ name: 'x'.repeat(5001) }),
  ];
  assert.equal(new Set(refs).size, refs.length);
});

test('an owner that is no reference is not taken', () => {
  for (const team of ['', 'team a', 'a/b/c', '../x', 7, null, ['a'], 'group:default/', `${'x'.repeat(64)}`, 'a\nb']) {
    const entity = entityOf(item({ attributes: { team } }), { cluster: 'c' }, options);
    assert.equal(entity.spec?.owner, 'unknown', JSON.stringify(team));
  }
  for (const team of ['a', 'team-a', 'group:team-a', 'user:default/jo.e_1']) {
    assert.equal(entityOf(item({ attributes: { team } }), { cluster: 'c' }, options).spec?.owner, team);
  }
});

const hostile = [
  '', ' ', '\0', '\n', '-', '.', '..', '../../etc/passwd', '-a-', '_', 'a'.repeat(64), `${'a'.repeat(46)}-`, 'A.B', 'x\u202ey', '\ud800',
  'a\udc00b', '\u{1f4a9}'.repeat(300), '<script>alert(1)</script>', 'javascript:alert(1)', "'; DROP TABLE entities; --", '${jndi:x}',
  '__proto__', 'constructor', 'toString', 'kind:ns/name', 'default/x', 'd\u0131\u0130', '\u00e4'.repeat(70), '%00', '\u2028', 'x'.repeat(1_000_000),
];

test('hostile texts make entities that Backstage takes', async () => {
  for (const text of hostile) {
    for (const changed of [{ name: text }, { namespace: text }, { kind: text }, { group: text }, { version: text }, { uid: text }]) {
      const entity = entityOf(item(changed), { cluster: 'prod' }, options);
      await checkEntity(entity);
      assert.doesNotMatch(JSON.stringify(entity), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      assert.ok(JSON.stringify(entity).length < 4000);
    }
    await checkEntity(entityOf(item(), { cluster: text }, options));
    await checkEntity(entityOf(item({ attributes: { team: text, [text]: text } }), { cluster: 'prod' }, options));
  }
});

test('fields of wrong types make entities that Backstage takes', async () => {
  for (const value of [null, undefined, 7, true, {}, [], ['a']]) {
    const changed = Object.fromEntries(Object.keys(item()).map(name => [name, value])) as unknown as Partial<Item>;
    await checkEntity(entityOf(item(changed), { cluster: value as unknown as string }, options));
  }
});

test('names have 63 letters at most, of those that are allowed', () => {
  for (const text of hostile) {
    assert.match(entityName(text, [text]), /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
  }
  assert.equal(entityName('a'.repeat(100), []).length, 63);
});
