// The change feed, looked at from its end: the API tells it from a place on.
import {cursorNumber, cursorPlace, get} from './api.js';

const pageLimit = 500;
const narrowest = 50;
const widest = 50000;
const questionsAtMost = 40;

// Where the history begins and ends: cursors, the time of its first change, and what time it is for the portal, whose
// clock need not be ours; times are in milliseconds.
export async function historyBounds(signal) {
  const [page, status] = await Promise.all([get('changes', [['limit', 1]], signal), get('status', [], signal)]);
  const last = cursorNumber(page.changeCursor);
  const first = page.changes[0];
  // Addresses name whole milliseconds: the one that the first change is in begins before it, when nothing was known.
  return {like: page.changeCursor, first: first ? first.cursor : last + 1, firstAt: first && first.ts_ms + 1, last, now: Date.parse(status.now),
          isRebuilding: page.rebuilding};
}

async function allOf(like, after, upTo, filters, signal) {
  const found = [];
  let from = cursorPlace(like, after);
  do {
    const page = await get('changes', [['from', from], ['to', cursorPlace(like, upTo)], ['limit', pageLimit], ...filters], signal);
    found.push(...page.changes);
    from = page.pagination.next;
  } while (from);
  return found;
}

// At least `wanted` changes up to a cursor, newest first, as far as the history goes. Looks back in steps that grow
// while few are found, and asks for no more than so many pages: `reached` is where it goes on, null at the end.
export async function newestChanges({like, first}, upTo, wanted, filters, signal) {
  const found = [];
  let width = wanted;
  let high = upTo;
  for (let asked = 0; high >= first && found.length < wanted && asked < questionsAtMost; ++asked) {
    const low = Math.max(first - 1, high - width);
    const page = await get('changes', [['from', cursorPlace(like, low)], ['to', cursorPlace(like, high)], ['limit', pageLimit],
                                        ...filters], signal);
    if (page.pagination.next && high - low > narrowest) {
      width = Math.max(narrowest, Math.floor((high - low) / 4));
      continue;
    }
    const changes = page.pagination.next ? await allOf(like, low, high, filters, signal) : page.changes;
    found.push(...changes.reverse());
    high = low;
    if (changes.length < wanted) width = Math.min(widest, width * 4);
  }
  return {changes: found, reached: high >= first ? high : null};
}

// What came after a cursor, oldest first; null where that is more than a page.
export async function changesSince({like}, after, filters, signal) {
  const page = await get('changes', [['from', cursorPlace(like, after)], ['limit', pageLimit], ...filters], signal);
  return page.pagination.next ? null : {changes: page.changes, last: cursorNumber(page.changeCursor), like: page.changeCursor};
}

// How many changes there are in each of `count` equal parts of a time. Changes are numbered without gaps, so that the
// first one after a moment tells how many came before: one small question for each part, however many there are.
export async function countChanges({first, firstAt, last, now}, from, to, count, ask) {
  const edges = Array.from({length: count + 1}, (_, at) => from + (to - from) * at / count);
  const known = edges.map(edge => firstAt === undefined || edge <= firstAt ? first - 1 : edge >= now ? last : null);
  const open = edges.map((_, at) => at).filter(at => known[at] === null);
  const answers = await ask(open.map(at => ['changes', [['from', new Date(edges[at]).toISOString()], ['limit', 1]]]));
  answers.forEach((answer, at) => {
    known[open[at]] = answer.changes.length ? answer.changes[0].cursor - 1 : Math.max(last, cursorNumber(answer.changeCursor));
  });
  return Array.from({length: count}, (_, at) => Math.max(0, known[at + 1] - known[at]));
}

// The marks of complete snapshots among the newest changes, without any rows: no object has such a uid.
const noRows = ['uid', 'none of them'];

// How many changes each snapshot brought: all of them stand right before its mark.
export async function snapshotSizes({like, first}, after, signal) {
  const out = [];
  let before = Math.max(first - 1, after);
  let from = cursorPlace(like, before);
  for (let asked = 0; from && asked < questionsAtMost; ++asked) {
    const page = await get('changes', [['from', from], ['limit', 5000], noRows], signal);
    for (const mark of page.changes) {
      out.push({cluster: mark.source.cluster, at: mark.ts_ms, count: mark.cursor - before - 1, cursor: mark.cursor});
      before = mark.cursor;
    }
    from = page.pagination.next;
  }
  return out;
}
