// The page of kollect-consumer: reads the same API as any portal. This file goes from view to view, and shows what
// concerns all of them.
import {addressOf, filtersOf, readAddress} from './address.js';
import {cursorNumber, get, isTooLong, listen, onAnswer} from './api.js';
import {openChanges} from './changes.js';
import {openDeadLetters} from './dead_letters.js';
import {age, button, make, numbers} from './elements.js';
import {openInventories} from './inventories.js';
import {openItem} from './item.js';
import {openItems} from './items.js';
import {openOverview} from './overview.js';
import {openTime} from './time.js';

const element = id => document.getElementById(id);
const views = {
  overview: {text: 'Overview', open: openOverview}, items: {text: 'Items', open: openItems},
  item: {text: 'Item', open: openItem}, time: {text: 'Time', open: openTime},
  changes: {text: 'Changes', open: openChanges},
  inventories: {text: 'Inventories', open: openInventories},
  'dead-letters': {text: 'Dead letters', open: openDeadLetters}
};
const refreshedEvery = 30000;
const state = {view: null, shown: null, reading: null, lastId: null, seen: null, newest: null, isRebuilding: false,
               isDeep: false, isFollowing: false, stream: null, wake: null, tries: 0, retry: null};

onAnswer(answer => {
  // Every answer says it for itself, so that rows are never shown without the banner that belongs to them.
  if ('rebuilding' in answer) showRebuilding(answer.rebuilding);
  element('offline').hidden = true;
  element('sign-in').hidden = true;
  element('content').hidden = false;
  state.tries = 0;
});

function showRebuilding(isRebuilding) {
  state.isRebuilding = isRebuilding;
  element('rebuilding').hidden = !isRebuilding;
}

function showLive(kind, text) {
  element('live').className = `pill ${kind}`;
  element('live-text').textContent = text;
}

// Problems: each with what to do.

function askForToken() {
  element('sign-in').hidden = false;
  element('token-refused').hidden = !sessionStorage.getItem('token');
  element('content').hidden = true;
  element('offline').hidden = true;
  showLive('lost', 'signed out');
  if (!element('sign-in').contains(document.activeElement)) element('token').focus();
}

function showOffline(reason) {
  const pause = Math.min(10, 2 ** state.tries++);
  element('offline').replaceChildren(
    make('strong', {}, reason.status === 503 ? 'The portal cannot answer now: ' : 'The portal does not answer. '),
    reason.status === 503 ? `${reason.message}. ` : 'Is the network there, and does kollect-consumer run with --listen? ',
    `It is tried again every ${pause} s; what is shown may be old. `, button('Try now', () => readNow(), {id: 'try-now'}));
  element('offline').hidden = false;
  clearTimeout(state.retry);
  state.retry = setTimeout(readNow, pause * 1000);
}

const advice = {
  400: ['This cannot be asked for.', 'Mend the filter that it names, or start over.'],
  403: ['The portal refuses this browser.', 'Open it by the name it knows, such as http://127.0.0.1, or have whoever runs ' +
        'kollect-consumer set --token-file.'],
  404: ['There is no such thing.', 'The address may be of an older version, or lie in the future.'],
  503: ['That takes the portal too long.', 'Ask for less: a cluster, a namespace or a kind narrows it.'],
  410: ['So far back the history does not reach.', 'Ask for a later time; --keep-changes says how much is kept.']
};

function showProblem(reason) {
  if (reason.status === 401) return askForToken();
  if (reason.status === 0 || (reason.status === 503 && !isTooLong(reason))) return showOffline(reason);
  const {view, parameters} = readAddress();
  const [title, what] = advice[reason.status] || ['The portal could not answer.', 'Its log says why.'];
  const links = [make('a', {href: addressOf(view in views ? view : 'overview')}, 'Start over')];
  if (parameters.get('cursor')) {
    const left = [...parameters].filter(([name]) => name !== 'cursor' && name !== 'page');
    links.unshift(make('a', {href: addressOf(view, left)}, 'First page'));
  }
  element('problem').replaceChildren(make('p', {class: 'strong'}, title), make('p', {id: 'problem-text'}, reason.message),
                                     make('p', {}, what), make('p', {class: 'row'}, ...links));
  element('problem').hidden = false;
  element('view').className = 'failed'; // only its filters are left, to mend what cannot be asked for
}

// Views.

function enter(name) {
  const view = views[name];
  element('view').replaceChildren(make('h2', {class: 'hidden', tabindex: '-1', id: 'title'}, view.text));
  state.shown = view.open(element('view'));
  const isFirst = state.view === null;
  state.view = name;
  for (const link of element('views').querySelectorAll('a')) {
    const isHere = link.id === `to-${name === 'item' ? 'items' : name}`;
    if (isHere) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (isFirst) return;
  state.isDeep = true;
  scrollTo(0, 0);
  element('title').focus({preventScroll: true});
}

// Shows what the address says; `isNews` where only the fleet has changed.
async function read(isNews = false) {
  const {view, parameters} = readAddress();
  if (!Object.hasOwn(views, view)) {
    location.replace('#/overview');
    return;
  }
  if (!isNews) clearProblem();
  if (state.view !== view) enter(view);
  if (!isNews) document.title = `${views[view].text} · Kollect fleet`;
  state.reading?.abort();
  const mine = state.reading = new AbortController();
  const slow = setTimeout(() => { element('loading').hidden = false; }, 300);
  element('view').setAttribute('aria-busy', 'true');
  try {
    const rest = await state.shown.show(parameters, mine.signal, isNews);
    if (mine.signal.aborted) return;
    clearProblem();
    document.body.dataset.loaded = 'true';
    element('loading').hidden = true;
    if (view === 'changes') markSeen();
    if (rest) await rest();
  } catch (reason) {
    if (mine.signal.aborted) return;
    if (!('status' in reason)) console.error(reason);
    showProblem(reason);
  } finally {
    clearTimeout(slow);
    if (state.reading === mine) {
      state.reading = null;
      element('loading').hidden = true;
      element('view').removeAttribute('aria-busy');
    }
  }
}

function clearProblem() {
  element('problem').hidden = true;
  element('view').className = '';
}

async function readFacts() {
  try {
    const [status, list, dead] = await Promise.all([get('status'), get('clusters'), get('dead-letters', [['limit', 1]])]);
    const items = list.clusters.reduce((sum, one) => sum + one.itemCount, 0);
    element('fact-clusters').textContent = numbers.format(list.clusters.length);
    element('fact-items').textContent = numbers.format(items);
    element('fact-waiting').textContent = numbers.format(status.waiting);
    element('fact-dead').textContent = numbers.format(status.messages.deadLettered);
    element('fact-dead').classList.toggle('alert', dead.deadLetters.length > 0);
    notice(status.changeCursor);
    state.lastId ??= status.changeCursor;
  } catch (reason) {
    if (!('status' in reason)) throw reason;
    showProblem(reason);
  }
}

async function readNow() {
  await Promise.all([readFacts(), read(true)]);
}

// News: read again, but not more often than reading takes, so that a busy fleet does not keep the portal busy.

let isNewsDue = null;
let restUntil = 0;

function readSoon() {
  isNewsDue ??= setTimeout(async () => {
    const begun = performance.now();
    state.isNewsMissed = false;
    await readNow().catch(showProblem);
    restUntil = performance.now() + Math.min(20000, 3 * (performance.now() - begun));
    isNewsDue = null;
    if (state.isNewsMissed) readSoon();
  }, Math.max(300, restUntil - performance.now()));
}

function notice(place) {
  state.newest = cursorNumber(place);
  state.seen ??= state.newest;
  if (state.view === 'changes' || state.newest < state.seen) state.seen = state.newest;
  element('unseen').hidden = state.newest <= state.seen;
}

function markSeen() {
  state.seen = state.newest;
  element('unseen').hidden = true;
}

function onEvent(event) {
  if (event.id) state.lastId = event.id;
  if (event.type === 'open') return showLive('fresh', 'live');
  if (event.type === 'resync') state.lastId = null;
  else if (event.type !== 'snapshot') return;
  if (event.id) notice(event.id);
  state.isNewsMissed = true;
  readSoon();
}

// Of the stream the page takes only the news that a snapshot is complete; rows it reads by page. No object has the
// uid asked for, and what is complete is told whatever is asked for.
async function follow() {
  if (state.isFollowing) return;
  state.isFollowing = true;
  for (let pause = 500;; pause = Math.min(pause * 2, 10000)) {
    while (!isLookedAt()) await new Promise(done => { state.wake = done; });
    state.stream = new AbortController();
    try {
      if (!state.lastId) await readFacts();
      await listen('changes', [['uid', 'none of them']], state.lastId, event => {
        pause = 500;
        onEvent(event);
      }, state.stream.signal);
    } catch (reason) {
      if (state.stream.signal.aborted) continue;
      if (reason.status === 410) state.lastId = null; // what was missed is read again
      if (reason.status === 401) break;
    }
    showLive('lost', 'reconnecting');
    await new Promise(done => setTimeout(done, pause));
    readSoon();
  }
  state.isFollowing = false;
}

// A browser has few connections for each portal. Tabs that nobody looks at, and pages that Back may lead to, hold none.
let isLeft = false;

function isLookedAt() {
  return !isLeft && document.visibilityState === 'visible';
}

function onVisibility() {
  if (!isLookedAt()) {
    state.stream?.abort();
    return;
  }
  state.wake?.();
  if (state.view) readSoon();
}

document.addEventListener('visibilitychange', onVisibility);
addEventListener('pagehide', () => {
  isLeft = true;
  onVisibility();
});
addEventListener('pageshow', event => {
  if (!event.persisted) return;
  isLeft = false;
  onVisibility();
});

// What people do.

addEventListener('hashchange', () => read());
element('skip').addEventListener('click', event => {
  event.preventDefault();
  element('content').focus();
});
document.addEventListener('keydown', event => {
  const isTyping = event.target.closest?.('input, select, textarea');
  if (event.key === 'Escape' && !isTyping && state.view === 'item' && !event.defaultPrevented) {
    if (state.isDeep) history.back(); // else who came by a link would be led away
    else location.hash = '#/items';
  }
  if (event.key !== '/' || isTyping) return;
  event.preventDefault();
  if (document.getElementById('search')) element('search').focus();
  else {
    location.hash = addressOf('items', filtersOf(readAddress().parameters));
    addEventListener('hashchange', () => element('search')?.focus(), {once: true});
  }
});
element('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', element('token').value.trim());
  element('token-refused').hidden = true;
  element('token').value = '';
  readNow();
  follow();
});

// Ages grow while nothing else happens.
setInterval(() => {
  for (const time of document.querySelectorAll('time[data-grows]')) time.textContent = age(time.dateTime);
}, 5000);
setInterval(() => isLookedAt() && readSoon(), refreshedEvery);
// That the store is complete again is no change, which the stream would tell.
setInterval(() => state.isRebuilding && isLookedAt() && readSoon(), 2000);
readFacts();
read();
follow();
