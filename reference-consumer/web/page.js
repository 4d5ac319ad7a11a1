'use strict';
// The page of kollect-consumer: reads the same API as any portal. Whatever comes from a cluster is put in as
// text, never as markup.

const pageSize = 100;
const changesShown = 200;
const element = id => document.getElementById(id);
const numbers = new Intl.NumberFormat('en');

// Talking to the API.

class Refused extends Error {
  constructor(status, text) {
    super(text || `the portal answered ${status}`);
    this.status = status;
  }
}

function headers() {
  const token = sessionStorage.getItem('token');
  return token ? {Authorization: `Bearer ${token}`} : {};
}

// Beside the page, which a proxy may have put under a path of its own.
function address(path) {
  return new URL(path, document.baseURI);
}

async function get(path, parameters = {}) {
  const asked = address(path);
  for (const [name, value] of Object.entries(parameters))
    if (value !== '' && value != null) asked.searchParams.set(name, value);
  const answer = await fetch(asked, {headers: headers(), cache: 'no-store'});
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  return answer.json();
}

// Reads Server-Sent Events with fetch, as EventSource cannot send a token.
async function listen(path, lastId, onEvent, signal) {
  const sent = headers();
  if (lastId) sent['Last-Event-ID'] = lastId;
  const answer = await fetch(address(path), {headers: sent, cache: 'no-store', signal});
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  onEvent({type: 'open', data: ''});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) onEvent(readEvent(block));
  }
}

function readEvent(block) {
  const event = {type: 'message', data: [], id: null};
  for (const line of block.split('\n')) {
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/) || [];
    if (field === 'event') event.type = value;
    if (field === 'data') event.data.push(value);
    if (field === 'id') event.id = value;
  }
  return {...event, data: event.data.join('\n')};
}

// Showing things.

function make(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function age(instant, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${numbers.format(Math.round(seconds / 86400))} days ago`;
}

function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function when(instant) {
  const made = make('time', age(instant));
  made.dateTime = instant;
  made.title = instant;
  return made;
}

function cell(content, className) {
  const made = make('td', undefined, className);
  made.append(content);
  return made;
}

const state = {
  cursors: [''], page: 0, next: null, shown: '', scopesOffset: 0, deadBefore: 0, lastId: null, clusters: [],
  unseen: 0, reading: 0, isRebuilding: false
};

// Every answer says it for itself, so that rows are never shown without the banner that belongs to them.
function showRebuilding(answer) {
  state.isRebuilding = answer.rebuilding;
  element('rebuilding').hidden = !answer.rebuilding;
}

function showLive(kind, text) {
  element('live').className = `pill ${kind}`;
  element('live-text').textContent = text;
}

function showProblem(reason) {
  if (reason.status === 401) {
    element('sign-in').hidden = false;
    element('token-refused').hidden = !sessionStorage.getItem('token');
    element('content').hidden = true;
    element('problem').hidden = true;
    if (!element('sign-in').contains(document.activeElement)) element('token').focus();
    return;
  }
  element('problem').textContent = `The portal cannot be read: ${reason.message}. It is tried again.`;
  element('problem').hidden = false;
}

function allIsWell() {
  element('problem').hidden = true;
  element('sign-in').hidden = true;
  element('content').hidden = false;
}

function showClusters(clusters) {
  state.clusters = clusters;
  const chosen = element('cluster').value;
  element('clusters').replaceChildren(...clusters.map(one => {
    const item = make('li', undefined, one.stale ? 'stale' : 'fresh');
    const button = make('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', String(one.cluster === chosen));
    const name = make('span', undefined, 'name');
    name.append(make('span', undefined, 'dot'), make('span', one.cluster || '(no name)'));
    const rows = make('span', numbers.format(one.itemCount), 'rows');
    rows.append(make('small', ' items'));
    const seen = make('span', undefined, 'seen');
    seen.append(one.stale ? 'stale: last seen ' : 'seen ', when(one.lastSeen), ` · lag ${duration(one.lag).replace(' ', '\u00a0')}`);
    button.append(name, rows, seen);
    button.addEventListener('click', () => {
      element('cluster').value = element('cluster').value === one.cluster ? '' : one.cluster;
      choose('items');
      readFromStart();
    });
    item.append(button);
    return item;
  }));
  element('no-clusters').hidden = clusters.length > 0;
  const options = clusters.map(one => {
    const option = make('option', one.cluster || '(no name)');
    option.value = one.cluster;
    return option;
  });
  const all = make('option', 'all');
  all.value = '';
  element('cluster').replaceChildren(all, ...options);
  element('cluster').value = chosen;
  element('fact-clusters').textContent = numbers.format(clusters.length);
  element('fact-items').textContent = numbers.format(clusters.reduce((sum, one) => sum + one.itemCount, 0));
}

async function readOverview() {
  const [clusters, status] = await Promise.all([get('v1alpha1/clusters'), get('v1alpha1/status')]);
  allIsWell();
  showClusters(clusters.clusters);
  showRebuilding(clusters);
  element('fact-waiting').textContent = numbers.format(status.waiting);
  element('fact-dead').textContent = numbers.format(status.messages.deadLettered);
  element('fact-dead').className = status.messages.deadLettered > 0 ? 'alert' : '';
}

function filters() {
  return {
    search: element('search').value.trim(), cluster: element('cluster').value,
    namespace: element('namespace').value.trim(), kind: element('kind').value.trim()
  };
}

function openDetails(item, origin) {
  element('details-title').textContent = `${item.kind} ${item.name}`;
  const facts = {
    Namespace: item.namespace || '–', Cluster: origin.cluster || '–',
    Inventory: `${origin.namespace}${origin.inventory ? `/${origin.inventory}` : ''}`,
    Target: `${item.targetNamespace}/${item.targetName}`, 'API version': [item.group, item.version].filter(Boolean).join('/'),
    UID: item.uid, 'As of': `${origin.exportedAt} (${age(origin.exportedAt)})`
  };
  element('details-facts').replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => [make('dt', name), make('dd', value)]));
  element('attributes').textContent = JSON.stringify(item.attributes, null, 2);
  element('details').showModal();
}

function itemRow(item, origin) {
  const row = make('tr');
  row.tabIndex = 0;
  row.append(cell(make('span', item.kind, 'tag')), cell(item.name ?? '', 'name'), cell(item.namespace ?? ''),
             cell(item.targetName ?? '', 'wide'), cell(origin.cluster));
  row.addEventListener('click', () => openDetails(item, origin));
  row.addEventListener('keydown', event => {
    const target = {ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling}[event.key];
    if (event.key === 'Enter') openDetails(item, origin);
    if (target) target.focus();
    if (event.key === 'Enter' || target) event.preventDefault();
  });
  return row;
}

function showItems(page) {
  const body = element('items').tBodies[0];
  const focused = [...body.rows].indexOf(document.activeElement);
  body.replaceChildren(...page.items.map((item, index) => itemRow(item, page.origins[index])));
  if (focused >= 0) body.rows[Math.min(focused, page.items.length - 1)]?.focus();
}

async function readItems() {
  const mine = ++state.reading;
  const page = await get('v1alpha1/inventory',
                         {...filters(), limit: pageSize, origins: 'true', cursor: state.cursors[state.page]});
  if (mine !== state.reading) return; // something newer was asked for meanwhile
  showRebuilding(page);
  const shown = JSON.stringify([page.checksum, page.origins]);
  if (shown !== state.shown) showItems(page); // what has not changed is left alone: somebody may be reading it
  state.shown = shown;
  element('no-items').hidden = page.items.length > 0;
  element('items').hidden = page.items.length === 0;
  state.next = page.pagination.next || null;
  const first = state.page * pageSize;
  element('range').textContent = page.items.length
    ? `${numbers.format(first + 1)}–${numbers.format(first + page.items.length)} of ${numbers.format(page.pagination.total)}`
    : '';
  element('previous').disabled = state.page === 0;
  element('next').disabled = !state.next;
}

function readFromStart() {
  state.cursors = [''];
  state.page = 0;
  for (const button of element('clusters').querySelectorAll('button')) {
    const index = [...element('clusters').querySelectorAll('button')].indexOf(button);
    button.setAttribute('aria-pressed', String(state.clusters[index].cluster === element('cluster').value));
  }
  return readItems().catch(showProblem);
}

async function readScopes() {
  const page = await get('v1alpha1/scopes', {limit: pageSize, offset: state.scopesOffset});
  element('scopes').tBodies[0].replaceChildren(...page.scopes.map(one => {
    const row = make('tr');
    const status = make('span', undefined, `status ${one.stale ? 'stale' : 'fresh'}`);
    status.append(make('span', undefined, 'dot'), when(one.exportedAt));
    const lag = Math.max(0, (Date.parse(one.appliedAt) - Date.parse(one.exportedAt)) / 1000);
    row.append(cell(one.cluster), cell(one.namespace, 'name'), cell(one.inventory || '–', 'wide'),
               cell(numbers.format(one.itemCount), 'number'), cell(status, 'nowrap'), cell(duration(lag), 'number wide'));
    return row;
  }));
  const {offset, total} = page.pagination;
  element('scopes-range').textContent =
    total ? `${numbers.format(offset + 1)}–${numbers.format(offset + page.scopes.length)} of ${numbers.format(total)}` : '';
  element('scopes-previous').disabled = offset === 0;
  element('scopes-next').disabled = !page.pagination.hasMore;
}

async function readDead(more) {
  const page = await get('v1alpha1/dead-letters', {limit: pageSize, before: more ? state.deadBefore : ''});
  const rows = page.deadLetters.map(one => {
    const row = make('tr');
    const place = `${one.log} ${one.partition}@${one.offset}`;
    row.append(cell(make('span', one.reason, 'tag')), cell(`${one.sentence}${one.clause ? ` [${one.clause}]` : ''}`),
               cell(place, 'wide'), cell(when(one.at), 'nowrap'));
    return row;
  });
  if (more) element('dead').tBodies[0].append(...rows);
  else element('dead').tBodies[0].replaceChildren(...rows);
  state.deadBefore = page.next ?? 0;
  element('dead-more').hidden = !page.next;
  element('no-dead').hidden = element('dead').tBodies[0].rows.length > 0;
  element('dead').hidden = !element('no-dead').hidden;
}

// Tabs.

const views = {items: readItems, scopes: readScopes, changes: async () => {}, dead: () => readDead(false)};

function chosenView() {
  return document.querySelector('[role=tab][aria-selected=true]').id.replace('tab-', '');
}

function choose(name) {
  for (const one of Object.keys(views)) {
    const tab = element(`tab-${one}`);
    tab.setAttribute('aria-selected', String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    element(`view-${one}`).hidden = one !== name;
  }
  if (name === 'changes') showUnseen(0);
  views[name]().catch(showProblem);
}

function showUnseen(count) {
  state.unseen = count;
  element('unseen').textContent = numbers.format(count);
  element('unseen').hidden = count === 0;
}

// Changes, as they come.

function changeLine(change) {
  const line = make('li');
  const row = change.after || change.before;
  const time = make('time', new Date(change.ts_ms).toLocaleTimeString('en-GB'));
  time.dateTime = new Date(change.ts_ms).toISOString();
  const what = make('div', undefined, 'what');
  const place = `${change.source.cluster}/${change.source.namespace}`;
  what.append(row ? make('strong', `${row.kind} ${row.namespace ? `${row.namespace}/` : ''}${row.name}`)
                  : 'snapshot complete', make('span', ` in ${place}`, 'quiet'));
  if (change.changedPaths) what.append(make('div', change.changedPaths.join('  '), 'paths'));
  line.append(time, make('span', change.kind, change.kind), what);
  return line;
}

let soon = null;
function readSoon() {
  soon ??= setTimeout(() => {
    soon = null;
    readAll();
  }, 400);
}

function onEvent(event) {
  if (event.id) state.lastId = event.id;
  if (event.type === 'open') return showLive('fresh', 'live');
  if (event.type === 'resync') {
    state.lastId = null;
    return readSoon();
  }
  if (!['added', 'changed', 'removed', 'snapshot'].includes(event.type)) return;
  // The log is told again from its beginning: what was removed long ago, and may be there again, is no news.
  if (state.isRebuilding) return readSoon();
  const change = JSON.parse(event.data);
  element('no-changes').hidden = true;
  element('changes').prepend(changeLine(change));
  while (element('changes').childElementCount > changesShown) element('changes').lastElementChild.remove();
  if (chosenView() !== 'changes') showUnseen(state.unseen + 1);
  readSoon();
}

async function follow() {
  for (let pause = 500;; pause = Math.min(pause * 2, 10000)) {
    try {
      if (!state.lastId) await readOverview();
      await listen('v1alpha1/changes', state.lastId, event => {
        pause = 500;
        onEvent(event);
      });
    } catch (reason) {
      if (reason.status === 410) state.lastId = null; // what was missed is read again
      if (reason.status === 401) return;
    }
    showLive('lost', 'reconnecting');
    await new Promise(done => setTimeout(done, pause));
    readSoon();
  }
}

async function readAll() {
  try {
    await readOverview();
    if (chosenView() !== 'dead' || element('dead').tBodies[0].rows.length <= pageSize) await views[chosenView()]();
    document.body.dataset.loaded = 'true';
  } catch (reason) {
    showProblem(reason);
  }
}

// What people do.

let typing = null;
for (const id of ['search', 'namespace', 'kind']) {
  element(id).addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(readFromStart, 250);
  });
}
element('cluster').addEventListener('change', readFromStart);
element('filters').addEventListener('submit', event => event.preventDefault());
element('filters').addEventListener('reset', () => setTimeout(readFromStart));
element('next').addEventListener('click', () => {
  state.cursors[++state.page] = state.next;
  readItems().catch(showProblem);
});
element('previous').addEventListener('click', () => {
  --state.page;
  readItems().catch(showProblem);
});
element('scopes-next').addEventListener('click', () => {
  state.scopesOffset += pageSize;
  readScopes().catch(showProblem);
});
element('scopes-previous').addEventListener('click', () => {
  state.scopesOffset = Math.max(0, state.scopesOffset - pageSize);
  readScopes().catch(showProblem);
});
element('dead-more').addEventListener('click', () => readDead(true).catch(showProblem));
element('tabs').addEventListener('click', event => {
  const tab = event.target.closest('[role=tab]');
  if (tab) choose(tab.id.replace('tab-', ''));
});
element('tabs').addEventListener('keydown', event => {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  const names = Object.keys(views);
  const name = names[(names.indexOf(chosenView()) + step + names.length) % names.length];
  choose(name);
  element(`tab-${name}`).focus();
});
document.addEventListener('keydown', event => {
  const isTyping = event.target.closest?.('input, select, textarea, dialog');
  if (event.key !== '/' || isTyping) return;
  event.preventDefault();
  choose('items');
  element('search').focus();
});
element('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', element('token').value.trim());
  element('token-refused').hidden = true;
  element('token').value = '';
  readAll();
  follow();
});

// Ages grow while nothing else happens.
setInterval(() => {
  for (const time of document.querySelectorAll('main time[title]')) time.textContent = age(time.dateTime);
}, 5000);
setInterval(readAll, 30000);
// That the store is complete again is no change, which the stream would tell.
setInterval(() => state.isRebuilding && readSoon(), 2000);
readAll();
follow();
