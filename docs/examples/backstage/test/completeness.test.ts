import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../src/completeness';

const limits = { maxRemovedPercent: 50, confirmAfterMs: 1000 };
const last = { rebuilding: false, hasMore: false };
const more = { rebuilding: false, hasMore: true };
const rebuilding = { rebuilding: true, hasMore: false };

test('a whole reading of a complete store applies everything', () => {
  assert.deepEqual(decide({ pages: [more, last], held: 10, missing: ['a'] }, undefined, limits, 0), { apply: 'everything' });
  assert.deepEqual(decide({ pages: [last], held: 0, missing: [] }, undefined, limits, 0), { apply: 'everything' });
});

test('a reading that was cut short applies nothing', () => {
  assert.equal(decide({ pages: [], held: 10, missing: [] }, undefined, limits, 0).apply, 'nothing');
  assert.equal(decide({ pages: [more], held: 10, missing: [] }, undefined, limits, 0).apply, 'nothing');
  assert.equal(decide({ pages: [more, more], held: 0, missing: [] }, undefined, limits, 0).apply, 'nothing');
});

test('while the store is rebuilt nothing is removed, whichever page says so', () => {
  for (const pages of [[rebuilding], [{ rebuilding: true, hasMore: true }, last], [more, rebuilding]]) {
    assert.equal(decide({ pages, held: 10, missing: ['a'] }, undefined, limits, 0).apply, 'additions');
    assert.equal(decide({ pages, held: 10, missing: [] }, undefined, limits, 0).apply, 'additions');
  }
});

test('what was doubted is not believed while the store is rebuilt', () => {
  const doubt = { missing: new Set(['a']), since: 0 };
  assert.deepEqual(Object.keys(decide({ pages: [rebuilding], held: 1, missing: ['a'] }, doubt, limits, 9999)), ['apply', 'because']);
});

test('half of the catalogue may go, more may not', () => {
  assert.equal(decide({ pages: [last], held: 4, missing: ['a', 'b'] }, undefined, limits, 0).apply, 'everything');
  const doubtful = decide({ pages: [last], held: 4, missing: ['a', 'b', 'c'] }, undefined, limits, 7);
  assert.equal(doubtful.apply, 'additions');
  assert.ok(doubtful.apply === 'additions');
  assert.match(doubtful.because, /3 of 4 entities would go, more than 50 %/);
  assert.deepEqual(doubtful.doubt, { missing: new Set(['a', 'b', 'c']), since: 7 });
});

test('what stays missing for long enough goes', () => {
  const doubt = { missing: new Set(['a', 'b', 'c']), since: 100 };
  const reading = { pages: [last], held: 4, missing: ['a', 'b', 'c'] };
  const early = decide(reading, doubt, limits, 1099);
  assert.ok(early.apply === 'additions');
  assert.equal(early.doubt, doubt);
  assert.equal(decide(reading, doubt, limits, 1100).apply, 'everything');
});

test('what else is missing then begins the doubt again', () => {
  const doubt = { missing: new Set(['a', 'b', 'c']), since: 100 };
  const decision = decide({ pages: [last], held: 4, missing: ['b', 'c', 'd'] }, doubt, limits, 5000);
  assert.ok(decision.apply === 'additions');
  assert.deepEqual(decision.doubt, { missing: new Set(['b', 'c', 'd']), since: 5000 });
});

test('100 % lets everything go at once, 0 % nothing', () => {
  const reading = { pages: [last], held: 1, missing: ['a'] };
  assert.equal(decide(reading, undefined, { ...limits, maxRemovedPercent: 100 }, 0).apply, 'everything');
  assert.equal(decide(reading, undefined, { ...limits, maxRemovedPercent: 0 }, 0).apply, 'additions');
});
