import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerEventReader } from '../src/serverEvents';

const bytes = (text: string) => new TextEncoder().encode(text);

test('events are read, however the bytes are cut', () => {
  const text = ': hello\n\nid: s-1\nevent: added\ndata: {"name":"k\u00e4se \u{1f9c0}"}\n\n: heartbeat\nid: s-2\n\ndata:a\r\ndata: b\r\n\r\n';
  const whole = bytes(text);
  for (let size = 1; size <= whole.length; ++size) {
    const reader = new ServerEventReader('s-0');
    const events = [];
    for (let at = 0; at < whole.length; at += size) events.push(...reader.push(whole.subarray(at, at + size)));
    assert.deepEqual(events, [
      { type: 'added', data: '{"name":"k\u00e4se \u{1f9c0}"}' },
      { type: 'message', data: 'a\nb' },
    ]);
    assert.equal(reader.lastId, 's-2');
  }
});

test('a heartbeat moves the place on, an event without data is none', () => {
  const reader = new ServerEventReader('s-0');
  assert.deepEqual(reader.push(bytes('event: added\nid: s-7\n\n: heartbeat\n\nnonsense\nretry: 3\n\n')), []);
  assert.equal(reader.lastId, 's-7');
});

test('what has not ended is not an event', () => {
  const reader = new ServerEventReader();
  assert.deepEqual(reader.push(bytes('event: removed\ndata: {}\n')), []);
  assert.deepEqual(reader.push(bytes('\n')), [{ type: 'removed', data: '{}' }]);
});

test('an event that never ends is refused', () => {
  const reader = new ServerEventReader('', 100);
  assert.throws(() => reader.push(bytes(`data: ${'x'.repeat(200)}`)), /more than 100 letters/);
  const lines = new ServerEventReader('', 100);
  assert.throws(() => lines.push(bytes('data: xxxxxxxxxxxxxxxx\n'.repeat(20))), /more than 100 letters/);
});
