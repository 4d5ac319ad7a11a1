// Time: what the fleet was at any moment, when it changed, and what has changed since.
import {addressOf, changed, exactly, filtersOf, go} from './address.js';
import {get, getAll} from './api.js';
import {histogram} from './charts.js';
import {button, cell, clusterName, emptiness, headRow, make, moment, numbers, soon} from './elements.js';
import {filterBar, itemFields} from './filters.js';
import {countChanges, historyBounds} from './history.js';
import {itemAddress} from './items.js';
import {changedValues} from './values.js';

const parts = 60;
const steps = 1000;
const shortest = 1000; // milliseconds of a histogram
const valuesAtMost = 40;
const differencesAtMost = 50;

export function openTime(root) {
  let parameters = new URLSearchParams();
  let range = {from: 0, to: 1};
  let bounds = null;

  const filters = filterBar('time', itemFields);
  const chart = make('div', {id: 'histogram'});
  const axis = make('div', {class: 'axis', 'aria-hidden': 'true'});
  const slider = make('input', {type: 'range', id: 'slider', min: 0, max: steps, step: 1, 'aria-label': 'Moment'});
  const shownAt = make('p', {id: 'at', role: 'status'});
  const exact = make('input', {id: 'exact', 'aria-label': 'Moment as a time', placeholder: '2026-01-15T12:00:00Z', autocomplete: 'off'});
  const looks = make('div', {class: 'two'});
  const differences = make('section', {'aria-label': 'What has changed since', id: 'since'});
  const zoom = factor => {
    const middle = at() >= range.from && at() <= range.to ? at() : (range.from + range.to) / 2;
    const half = Math.max(shortest, (range.to - range.from) * factor) / 2;
    choose(middle - half, middle + half);
  };
  root.append(filters.element,
              make('section', {'aria-label': 'Changes over time', class: 'panel'}, make('h3', {}, 'Changes over time'), chart, axis,
                   make('div', {class: 'slider'}, slider),
                   make('div', {class: 'row tools'}, shownAt, exact,
                        button('Now', () => go('time', changed(parameters, {at: null})), {id: 'now'}),
                        button('Zoom in', () => zoom(0.4), {id: 'zoom-in'}), button('Zoom out', () => zoom(2.5), {id: 'zoom-out'}),
                        button('All', () => go('time', changed(parameters, {from: null, to: null})), {id: 'all'}),
                        make('span', {id: 'told', role: 'status', class: 'quiet'}))),
              looks, differences);
  const told = root.querySelector('#told');

  // Slider and buttons.

  function at() {
    const given = Date.parse(parameters.get('at') || '');
    return Number.isNaN(given) ? bounds?.now ?? Date.now() : given;
  }

  function choose(from, to) {
    const low = Math.max(bounds.firstAt ?? 0, Math.floor(from));
    const high = Math.min(bounds.now, Math.ceil(Math.max(to, low + shortest)));
    go('time', changed(parameters, {from: new Date(low).toISOString(), to: new Date(high).toISOString()}));
  }

  let isSliding = false;
  const slideTo = soon(() => {
    go('time', changed(parameters, {at: new Date(atSlider()).toISOString()}), isSliding);
    isSliding = true;
  }, 250);
  function atSlider() {
    const chosen = range.from + (range.to - range.from) * slider.value / steps;
    return Math.min(bounds?.now ?? Date.now(), Math.max(chosen, (bounds?.firstAt ?? 0) + 1));
  }
  slider.addEventListener('input', () => {
    shownAt.replaceChildren(moment(atSlider()));
    slideTo();
  });
  slider.addEventListener('change', () => { isSliding = false; });
  exact.addEventListener('change', () => {
    const given = Date.parse(exact.value);
    if (Number.isNaN(given)) exact.value = '';
    else go('time', changed(parameters, {at: new Date(given).toISOString()}));
  });

  function showSlider() {
    const place = steps * (at() - range.from) / Math.max(1, range.to - range.from);
    if (document.activeElement !== slider || !isSliding) slider.value = Math.min(steps, Math.max(0, place));
    const isNow = !parameters.get('at');
    slider.setAttribute('aria-valuetext', isNow ? 'now' : new Date(at()).toISOString());
    shownAt.replaceChildren(isNow ? 'now' : moment(at()));
    if (document.activeElement !== exact) exact.value = isNow ? '' : new Date(at()).toISOString();
  }

  // Histogram.

  async function showHistogram(signal) {
    bounds = await historyBounds(signal);
    const given = ['from', 'to'].map(name => Date.parse(parameters.get(name) || ''));
    const isGiven = given[0] < given[1];
    range = isGiven ? {from: given[0], to: given[1]} : {from: bounds.firstAt ?? bounds.now - 3600000, to: bounds.now};
    if (range.to - range.from < shortest) range.to = range.from + shortest;
    showSlider();
    const counts = await countChanges(bounds, range.from, range.to, parts, all => getAll(all, signal));
    const sum = counts.reduce((all, one) => all + one, 0);
    const [from, to] = [new Date(range.from).toISOString(), new Date(range.to).toISOString()];
    chart.replaceChildren(histogram({counts, ...range, at: at(), choose,
                                     label: `${numbers.format(sum)} changes between ${from} and ${to}`}));
    const shown = range.to - range.from < 60000 ? [11, 23] : [0, 19]; // closely looked at, days matter less than parts of seconds
    axis.replaceChildren(...[0, 1, 2, 3, 4].map(part => make('span', {},
      new Date(range.from + (range.to - range.from) * part / 4).toISOString().slice(...shown).replace('T', ' '))));
    told.replaceChildren(`${numbers.format(sum)} changes of the whole fleet, marks of snapshots among them; the scale is logarithmic. `,
                         make('a', {href: addressOf('changes', [...filtersOf(parameters), ['from', from], ['to', to]])}, 'List them'));
  }

  // What there was, and what there is.

  async function showCounts(signal) {
    const past = parameters.get('at');
    const asked = moment => get('facets', [['by', 'kind,cluster'], ['limit', valuesAtMost], ...filtersOf(parameters), ...moment], signal);
    const [then, now] = await Promise.all([asked(past ? [['asOf', past]] : []), past ? asked([]) : null]);
    const tables = then.facets.map((facet, index) => {
      const later = new Map((now ? now.facets[index].values : facet.values).map(one => [one.value, one.count]));
      const values = new Map([...[...later.keys()].map(value => [value, 0]), ...facet.values.map(one => [one.value, one.count])]);
      const lines = [...values].map(([value, count]) => countLine(facet.by, value, count, later.get(value) || 0, past));
      const columns = [{text: facet.by === 'kind' ? 'Kind' : 'Cluster'}, {text: past ? 'Then' : 'Now', class: 'number'},
                       ...past ? [{text: 'Now', class: 'number'}, {text: 'Difference', class: 'number'}] : []];
      return make('table', {class: 'rows', id: `by-${facet.by}`}, make('caption', {class: 'hidden'}, `Items by ${facet.by}`),
                  make('thead', {}, headRow(columns)), make('tbody', {}, ...lines));
    });
    const items = make('a', {id: 'items-then', href: addressOf('items', [...filtersOf(parameters), ...past ? [['asOf', past]] : []])},
                       `${numbers.format(then.items)} items`);
    looks.replaceChildren(make('section', {}, make('h3', {}, items, past ? ' there were' : ' there are'), tables[0]),
                          make('section', {}, make('h3', {}, 'In clusters'), tables[1]));
  }

  function countLine(by, value, then, now, past) {
    const name = by === 'cluster' ? clusterName(value) : value;
    const href = addressOf('items', [...filtersOf(changed(parameters, {[by]: null})), [by, exactly(String(value))],
                                     ...past ? [['asOf', past]] : []]);
    const line = make('tr', {}, cell(make('a', {href}, name), 'name'), cell(numbers.format(then), 'number'));
    if (!past) return line;
    const difference = now - then;
    line.append(cell(numbers.format(now), 'number'),
                cell(make('span', {class: difference > 0 ? 'added' : difference < 0 ? 'removed' : 'quiet'},
                          `${difference > 0 ? '+' : ''}${numbers.format(difference)}`), 'number'));
    return line;
  }

  async function showDifferences(signal) {
    const past = parameters.get('at');
    if (!past) {
      differences.replaceChildren(emptiness('This is now.', 'Move the slider, or drag over the chart to look closer: what was ' +
                                            'there then stands beside what is there now.'));
      return;
    }
    const title = make('h3', {}, 'Since then');
    let cursor = '';
    const list = make('ol', {class: 'changes'});
    const more = button('More', () => readMore(), {hidden: true});
    const readMore = async () => {
      const page = await get('diff', [['from', past], ['limit', differencesAtMost], ...filtersOf(parameters),
                                      ...cursor ? [['cursor', cursor]] : []], signal);
      cursor = page.pagination.next;
      more.hidden = !cursor;
      list.append(...page.items.map(differenceEntry));
      return page;
    };
    try {
      const {summary} = await readMore();
      const sum = summary.added + summary.changed + summary.removed;
      const counts = ['added', 'changed', 'removed'].map(kind =>
        make('span', {class: `sign ${kind}`}, `${numbers.format(summary[kind])} ${kind}`));
      differences.replaceChildren(title, sum ? make('p', {class: 'row', id: 'summary'}, ...counts)
                                             : make('p', {id: 'summary'}, 'Nothing differs.'), list, more);
    } catch (reason) {
      if (signal.aborted || reason.status !== 400) throw reason;
      differences.replaceChildren(title, emptiness('That is too much to compare.', reason.message, 'Choose a later moment, or a filter.'));
    }
  }

  function differenceEntry(one) {
    const row = one.after || one.before;
    const made = make('li', {}, make('span', {class: `sign ${one.kind}`}, one.kind),
                      make('div', {class: 'what'}, make('a', {class: 'row-link', href: itemAddress(one.cluster, row.uid)},
                        `${row.kind} ${row.namespace ? `${row.namespace}/` : ''}${row.name}`),
                        make('span', {class: 'quiet'}, ` in ${clusterName(one.cluster)}`)));
    const values = changedValues(one, 12);
    if (values) made.lastChild.append(values);
    return made;
  }

  let drawnRange = '';
  let compared = null;
  return {
    async show(now, signal, isNews) {
      parameters = now;
      filters.show(parameters);
      showSlider();
      const wanted = `${parameters.get('from')} ${parameters.get('to')}`;
      if (isNews || wanted !== drawnRange || !bounds) await showHistogram(signal);
      else chart.firstChild?.moveTo?.(at());
      drawnRange = wanted;
      await showCounts(signal);
      const question = String(new URLSearchParams([...filtersOf(parameters), ['at', parameters.get('at') || '']]));
      if (isNews && question === compared) return null; // a comparison that somebody reads stays as it was
      return async () => {
        await showDifferences(signal);
        compared = question;
      };
    }
  };
}
