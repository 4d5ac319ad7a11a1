// Changes: the newest ones first, and those that come, with their old and new values.
import {addressOf, changed, filtersOf, go} from './address.js';
import {getAll} from './api.js';
import {bars} from './charts.js';
import {button, clusterName, emptiness, make, moment, numbers} from './elements.js';
import {filterBar, itemFields} from './filters.js';
import {changesSince, countChanges, historyBounds, newestChanges} from './history.js';
import {itemAddress} from './items.js';
import {changedValues} from './values.js';

const wanted = 100;
const shownAtMost = 1000;
const types = ['added', 'changed', 'removed', 'snapshot'];
const text = {added: 'added', changed: 'changed', removed: 'removed', snapshot: 'complete'};

export function openChanges(root) {
  let parameters = new URLSearchParams();
  let list = [];           // newest first
  let waiting = [];        // what came while it was paused
  let bounds = null;
  let newest = 0;          // up to where the feed was read
  let reached = null;      // where older ones go on
  let asked = null;        // what `list` answers
  let isPaused = false;

  const filters = filterBar('changes', itemFields);
  const pause = button('Pause', () => turnPause(), {id: 'pause', 'aria-pressed': 'false'});
  const held = make('span', {id: 'held', role: 'status', class: 'quiet'});
  const span = make('p', {class: 'banner past', hidden: true});
  const choices = make('div', {class: 'row', role: 'group', 'aria-label': 'Kinds of changes'});
  const entries = make('ol', {id: 'changes', class: 'changes', 'aria-label': 'Changes, newest first'});
  const nothing = make('div', {id: 'no-changes', hidden: true});
  const older = button('Older ones', async () => {
    older.disabled = true;
    await readOlder().catch(reason => { held.textContent = reason.message; });
    older.disabled = false;
    show();
  }, {id: 'older', hidden: true});
  const kinds = make('div', {id: 'change-kinds'});
  root.append(filters.element, span, make('div', {class: 'row tools'}, choices, pause, held),
              make('div', {class: 'changes-and-kinds'}, make('div', {}, entries, nothing, older),
                   make('aside', {'aria-label': 'Counts by kind'}, make('h3', {}, 'By kind'), kinds)));

  function chosenTypes() {
    const given = (parameters.get('type') || '').split(',').filter(one => types.includes(one));
    return given.length ? given : types.slice(0, 3);
  }

  function turnPause() {
    isPaused = !isPaused;
    pause.textContent = isPaused ? 'Resume' : 'Pause';
    pause.setAttribute('aria-pressed', String(isPaused));
    if (!isPaused) {
      list = [...waiting, ...list].slice(0, shownAtMost);
      waiting = [];
    }
    show();
  }

  function entry(change) {
    const row = change.after || change.before;
    const source = change.source;
    const place = `${clusterName(source.cluster)}/${source.namespace}`;
    const name = row ? `${row.kind} ${row.namespace ? `${row.namespace}/` : ''}${row.name}` : 'snapshot complete';
    const made = make('li', {'data-cursor': change.cursor},
                      moment(new Date(change.ts_ms).toISOString()), make('span', {class: `sign ${change.kind}`}, text[change.kind]),
                      make('div', {class: 'what'}, row ? make('a', {class: 'row-link', href: itemAddress(source.cluster, row.uid)}, name)
                                                      : name, make('span', {class: 'quiet'}, ` in ${place}`)));
    const values = changedValues(change, 12);
    if (values) made.lastChild.append(values);
    return made;
  }

  function showTypes() {
    const chosen = chosenTypes();
    const counts = Object.fromEntries(types.map(type => [type, 0]));
    for (const change of list) ++counts[change.kind];
    choices.replaceChildren(...types.map(type => button(`${text[type]} ${numbers.format(counts[type])}`, () => {
      const now = chosen.includes(type) ? chosen.filter(one => one !== type) : [...chosen, type];
      go('changes', changed(parameters, {type: now.join(',')}));
    }, {class: `choice-of ${type}`, 'aria-pressed': String(chosen.includes(type)), id: `type-${type}`})));
  }

  function showKinds(fit) {
    const counts = new Map();
    for (const change of fit) {
      const kind = (change.after || change.before)?.kind;
      if (kind) counts.set(kind, (counts.get(kind) || 0) + 1);
    }
    const all = [...counts].sort((left, right) => right[1] - left[1]).slice(0, 15);
    kinds.replaceChildren(all.length
      ? bars(all.map(([name, count]) => ({name, count, href: addressOf('changes', changed(parameters, {kind: name}))})),
             'Changes by kind')
      : make('p', {class: 'quiet'}, 'none'));
  }

  // Only what is new is drawn: somebody may be reading the rest.
  function show() {
    showTypes();
    const chosen = chosenTypes();
    const fit = list.filter(change => chosen.includes(change.kind));
    const drawn = new Map([...entries.children].map(one => [one.dataset.cursor, one]));
    entries.replaceChildren(...fit.map(change => drawn.get(String(change.cursor)) || entry(change)));
    showKinds(fit);
    const came = waiting.filter(change => chosen.includes(change.kind)).length;
    held.textContent = isPaused ? `paused; ${numbers.format(came)} came meanwhile` : '';
    older.hidden = reached === null || list.length >= shownAtMost;
    nothing.hidden = fit.length > 0;
    entries.hidden = fit.length === 0;
    if (fit.length) return;
    if (bounds.isRebuilding) {
      nothing.replaceChildren(emptiness('Changes are listed when the store is complete.',
                                        'Until then the log tells again what happened long ago.'));
      return;
    }
    nothing.replaceChildren(list.length || filtersOf(parameters).length
      ? emptiness('No change fits.', 'Choose other kinds of changes, or take a filter away.',
                  make('a', {href: addressOf('changes')}, 'All changes'))
      : emptiness('Nothing has changed yet.', 'A change is listed when a snapshot differs from the one before.'));
  }

  async function readOlder(signal) {
    const page = await newestChanges(bounds, reached, wanted, filtersOf(parameters), signal);
    list = [...list, ...page.changes];
    reached = page.reached;
  }

  async function readAll(signal) {
    bounds = await historyBounds(signal);
    [list, waiting, reached] = [[], [], null];
    if (bounds.isRebuilding) return;
    newest = bounds.last;
    reached = bounds.last;
    const [from, to] = ['from', 'to'].map(name => Date.parse(parameters.get(name) || ''));
    if (from < to) await cutOut(from, to, signal);
    if (reached < bounds.first) reached = null;
    else await readOlder(signal);
  }

  // Only what was between two times: the counts of the parts before tell where that is.
  async function cutOut(from, to, signal) {
    const start = Math.min(bounds.firstAt ?? from, from);
    const [before] = await countChanges(bounds, start, from, 1, all => getAll(all, signal));
    const [within] = await countChanges(bounds, from, to, 1, all => getAll(all, signal));
    reached = bounds.first - 1 + before + within;
    bounds = {...bounds, first: bounds.first + before};
  }

  async function readNew(signal) {
    const page = await changesSince(bounds, newest, filtersOf(parameters), signal);
    if (!page) return readAll(signal); // so many that the newest ones are looked up again
    newest = page.last;
    bounds.like = page.like;
    const came = page.changes.reverse();
    if (isPaused) waiting = [...came, ...waiting].slice(0, shownAtMost);
    else list = [...came, ...list].slice(0, shownAtMost);
  }

  return {
    async show(now, signal, isNews) {
      parameters = now;
      filters.show(parameters);
      const question = String(new URLSearchParams([...filtersOf(parameters), ['from', parameters.get('from') || ''],
                                                   ['to', parameters.get('to') || '']]));
      const isSpan = Boolean(parameters.get('from') && parameters.get('to'));
      span.hidden = !isSpan;
      if (isSpan)
        span.replaceChildren('Between ', moment(parameters.get('from')), ' and ', moment(parameters.get('to')), '. ',
                             make('a', {href: addressOf('changes', changed(parameters, {from: null, to: null}))}, 'All of them'));
      if (asked !== question) {
        await readAll(signal);
        // The log is told again from its beginning: what was removed long ago, and may be there again, is no news.
        asked = bounds.isRebuilding ? null : question;
      } else if (isNews && !isSpan) {
        await readNew(signal);
      }
      show();
    }
  };
}
