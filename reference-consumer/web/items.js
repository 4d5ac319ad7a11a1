// Items: as a table with columns of one's choice, or in groups.
import {addressOf, changed, exactly, filtersOf, go, momentOf} from './address.js';
import {csvOfItems, get, isTooLong} from './api.js';
import {button, cell, clusterName, emptiness, headRow, make, marked, numbers, walkWithArrows, when} from './elements.js';
import {filterBar, wordsOf} from './filters.js';
import {momentBanner} from './moment.js';
import {pathsOf, textOf} from './values.js';

const pageSize = 100;
const groupSize = 20;
const groupsAtMost = 200;
const sampleSize = 60;
const csvRowsAtMost = 200000;

const baseColumns = [
  {name: 'kind', text: 'Kind'}, {name: 'name', text: 'Name'}, {name: 'itemNamespace', text: 'Namespace'},
  {name: 'cluster', text: 'Cluster'}
];
const plainColumns = [
  {name: 'exportedAt', text: 'Exported'}, {name: 'uid', text: 'UID'}, {name: 'group', text: 'Group'},
  {name: 'version', text: 'Version'}, {name: 'target', text: 'Target'}, {name: 'namespace', text: 'Inventory namespace'},
  {name: 'inventory', text: 'Inventory'}
];
// What people look for first, where items have it.
const wellKnown = [/(^|\.)image$/, /(^|\.)replicas$/, /(^|\.)creationTimestamp$/];
const groups = {
  kind: {text: 'Kind', by: ['kind'], filter: 'kind'},
  itemNamespace: {text: 'Namespace', by: ['itemNamespace'], filter: 'itemNamespace'},
  cluster: {text: 'Cluster', by: ['cluster'], filter: 'cluster'},
  owner: {text: 'Owner', by: ['attr.metadata.ownerReferences.*.name', 'attr.ownerReferences.*.name'], filter: 'owner'}
};

export function itemAddress(cluster, uid, parameters = new URLSearchParams()) {
  return addressOf('item', [['cluster', cluster], ['uid', uid], ...momentOf(parameters)]);
}

function chosenColumns(parameters) {
  const given = parameters.get('columns');
  return (given === null ? 'exportedAt' : given).split(',').filter(name => name);
}

function columnOf(name) {
  const plain = plainColumns.find(one => one.name === name);
  if (plain) return {...plain, sort: name, class: 'wide'};
  const steps = name.replace(/^attr\./, '').split(/(?<!\\)\./).filter(step => step !== '*');
  return {name, text: (steps.pop() || name).replace(/\\(.)/g, '$1'), title: name, sort: name, class: 'wide'};
}

function shownValue(value, words) {
  if (value === null || value === undefined) return make('span', {class: 'quiet'}, '–');
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && Date.parse(value)) return when(value);
  const text = Array.isArray(value) ? value.map(textOf).join(', ') : textOf(value);
  return marked(text.length > 300 ? `${text.slice(0, 300)}…` : text, words);
}

function itemLine(item, columns, parameters, words, stale) {
  const link = make('a', {class: 'row-link', href: itemAddress(item.cluster, item.uid, parameters)});
  link.append(marked(item.name || '(no name)', words));
  const kind = make('span', {class: 'tag'});
  kind.append(marked(item.kind, words));
  const cluster = make('span', {class: stale.has(item.cluster) ? 'status stale' : null,
                                title: stale.has(item.cluster) ? 'This cluster has been silent for too long' : null});
  if (stale.has(item.cluster)) cluster.append(make('span', {class: 'dot'}));
  cluster.append(clusterName(item.cluster));
  const row = make('tr', {}, cell(kind), cell(link, 'name'), cell(item.itemNamespace ? marked(item.itemNamespace, words) : '–'),
                   cell(cluster), ...columns.map(column => cell(shownValue(item[column.name], words), column.class)));
  row.addEventListener('click', event => {
    if (event.target.closest('a') || String(getSelection())) return;
    location.hash = link.getAttribute('href');
  });
  return row;
}

const neededFields = ['cluster', 'itemNamespace', 'kind', 'name', 'uid'];

function question(parameters, columns) {
  const fields = [...neededFields, ...columns.map(column => column.name)];
  const asked = [...filtersOf(parameters), ...momentOf(parameters), ['fields', [...new Set(fields)].join(',')]];
  if (parameters.get('sort')) asked.push(['sort', parameters.get('sort')]);
  return asked;
}

export function openItems(root) {
  let parameters = new URLSearchParams();
  let shown = '';
  let cursors = ['']; // of the pages that were looked at
  let counted = '';
  let next = null;

  const filters = filterBar('items');
  const banner = momentBanner('items');
  const range = make('span', {id: 'range', role: 'status'});
  const table = make('table', {id: 'items', class: 'rows'}, make('caption', {class: 'hidden'}, 'Items of the fleet'),
                     make('thead'), make('tbody'));
  const nothing = make('div', {id: 'no-items', hidden: true});
  const grouped = make('div', {id: 'groups', hidden: true});
  const previous = button('Previous', () => turn(pageNumber() - 1), {id: 'previous', disabled: true});
  const following = button('Next', () => turn(pageNumber() + 1), {id: 'next', disabled: true});
  const pages = make('nav', {class: 'pages', 'aria-label': 'Pages'}, previous, range, following);
  const group = make('select', {id: 'group', on: {change: () =>
    go('items', changed(parameters, {groupBy: group.value, cursor: null, page: null}))}},
                     make('option', {value: ''}, 'no groups'),
                     ...Object.entries(groups).map(([value, one]) => make('option', {value}, `by ${one.text.toLowerCase()}`)));
  const saved = make('span', {role: 'status', class: 'quiet'});
  const csv = button('CSV', () => saveCsv(), {id: 'csv'});
  const picker = columnPicker(() => parameters);
  walkWithArrows(table, 'a.row-link');
  root.append(banner.element, filters.element,
              make('div', {class: 'row tools'}, make('label', {}, make('span', {}, 'Group'), group), picker.element, csv, saved),
              table, grouped, nothing, pages);

  function pageNumber() {
    return Math.max(1, Number(parameters.get('page')) || 1);
  }

  function turn(to) {
    const cursor = to <= 1 ? null : to > pageNumber() ? next : cursors[to];
    go('items', changed(parameters, {page: cursor ? to : null, cursor}));
  }

  async function saveCsv() {
    csv.disabled = true;
    try {
      const columns = chosenColumns(parameters).map(columnOf);
      const {blob, isWhole} = await csvOfItems(question(parameters, columns), csvRowsAtMost, count => {
        saved.textContent = `reading page ${count}`;
      });
      const link = make('a', {href: URL.createObjectURL(blob), download: 'items.csv'});
      link.click();
      URL.revokeObjectURL(link.href);
      saved.textContent = isWhole ? 'saved' : `only the first ${numbers.format(csvRowsAtMost)}: filter, or ask the API`;
    } catch (reason) {
      saved.textContent = `not saved: ${reason.message}`;
    } finally {
      csv.disabled = false;
    }
  }

  async function showTable(signal) {
    const columns = chosenColumns(parameters).map(columnOf);
    const cursor = parameters.get('cursor') || '';
    const page = await get('items', [...question(parameters, columns), ['limit', pageSize], ...(cursor ? [['cursor', cursor]] : [])],
                           signal);
    next = page.pagination.next;
    cursors[pageNumber()] = cursor;
    const seen = JSON.stringify([page.items, page.staleClusters, String(parameters)]);
    if (seen !== shown) { // what has not changed is left alone: somebody may be reading it
      const stale = new Set(page.staleClusters);
      const words = wordsOf(parameters);
      table.tHead.replaceChildren(headRow([...baseColumns.map(one => ({...one, sort: one.name})), ...columns],
                                          parameters.get('sort') || '',
                                          sort => go('items', changed(parameters, {sort, cursor: null, page: null}))));
      table.tBodies[0].replaceChildren(...page.items.map(item => itemLine(item, columns, parameters, words, stale)));
      shown = seen;
    }
    showNothing(page.items.length);
    const first = (pageNumber() - 1) * pageSize;
    const span = `${numbers.format(first + 1)}–${numbers.format(first + page.items.length)}`;
    previous.disabled = pageNumber() === 1;
    following.disabled = !next;
    if (!page.items.length) range.textContent = '';
    else if (!next) range.textContent = `${span} of ${numbers.format(first + page.items.length)}`;
    else if (counted) range.textContent = `${span} of ${counted}`;
    else range.textContent = span;
    return next ? () => count(span, signal) : null;
  }

  // Counting looks at each item, so the page does not wait for it.
  async function count(span, signal) {
    const answer = await get('items', [...filtersOf(parameters), ...momentOf(parameters), ['fields', 'kind'], ['limit', 1],
                                       ['total', 'true']], signal).catch(reason => {
      if (!isTooLong(reason)) throw reason;
      return null;
    });
    if (!answer) return;
    counted = numbers.format(answer.pagination.total);
    range.textContent = `${span} of ${counted}`;
  }

  function showNothing(length) {
    nothing.hidden = length > 0;
    table.hidden = length === 0;
    if (length) return;
    nothing.replaceChildren(filtersOf(parameters).length
      ? emptiness('No item fits.', 'Take a filter away, or ask for part of a name: api-* stands for all names that begin so.',
                  make('a', {href: addressOf('items', momentOf(parameters))}, 'All items'))
      : emptiness('There are no items yet.', 'They come with the first snapshot: kollect-producer export publishes one, ' +
                  'kollect-consumer doctor tells whether the log has any.'));
  }

  async function showGroups(signal) {
    const one = groups[parameters.get('groupBy')];
    const page = await get('facets', [...filtersOf(parameters), ...momentOf(parameters), ['by', one.by.join(',')],
                                      ['limit', groupsAtMost]], signal);
    const counts = new Map();
    for (const facet of page.facets)
      for (const {value, count} of facet.values) counts.set(value, (counts.get(value) || 0) + count);
    const values = [...counts].sort((left, right) => right[1] - left[1]);
    const seen = JSON.stringify([values, String(parameters)]);
    if (seen !== shown) {
      grouped.replaceChildren(...values.map(([value, count]) => groupOf(one, String(value), count)));
      shown = seen;
    }
    const distinct = Math.max(...page.facets.map(facet => facet.distinct));
    const missing = page.facets.length === 1 ? page.facets[0].missing : 0;
    showNothing(values.length || page.items);
    if (!values.length && page.items)
      grouped.replaceChildren(emptiness(`None of these ${numbers.format(page.items)} items has one.`, 'Choose another group.'));
    table.hidden = true;
    range.textContent = `${numbers.format(values.length)} of ${numbers.format(Math.max(distinct, values.length))} groups, ` +
      `${numbers.format(page.items)} items${missing ? `, ${numbers.format(missing)} without` : ''}`;
    previous.disabled = following.disabled = true;
  }

  function groupOf(one, value, count) {
    const inGroup = changed(parameters, {groupBy: null, cursor: null, page: null, [one.filter]: null});
    inGroup.append(one.filter, exactly(value));
    const made = make('details', {class: 'group'},
                      make('summary', {}, make('span', {class: 'name'}, value || '(none)'),
                           make('span', {class: 'count-of'}, numbers.format(count))));
    made.addEventListener('toggle', async () => {
      if (!made.open || made.querySelector('table')) return;
      const columns = chosenColumns(parameters).map(columnOf);
      const body = make('tbody');
      const list = make('table', {class: 'rows'}, make('caption', {class: 'hidden'}, `Items of ${value}`),
                        make('thead', {}, headRow([...baseColumns, ...columns])), body);
      made.append(list);
      walkWithArrows(list, 'a.row-link');
      try {
        const page = await get('items', [...question(inGroup, columns), ['limit', groupSize]]);
        const stale = new Set(page.staleClusters);
        body.append(...page.items.map(item => itemLine(item, columns, parameters, wordsOf(parameters), stale)));
        made.append(make('p', {}, make('a', {href: addressOf('items', inGroup)}, `All ${numbers.format(count)} items`)));
      } catch (reason) {
        list.replaceWith(make('p', {class: 'alert'}, reason.message));
      }
    });
    return made;
  }

  return {
    async show(now, signal) {
      if (String(filtersOf(now)) !== String(filtersOf(parameters))) counted = '';
      if (now.get('page') === null) cursors = [''];
      parameters = now;
      filters.show(parameters);
      banner.show(parameters);
      const isGrouped = Object.hasOwn(groups, parameters.get('groupBy') || '');
      group.value = isGrouped ? parameters.get('groupBy') : '';
      grouped.hidden = !isGrouped;
      table.hidden = isGrouped;
      picker.show();
      return isGrouped ? showGroups(signal) : showTable(signal);
    }
  };
}

// Columns to choose, from what a handful of the items asked for have.
function columnPicker(present) {
  const list = make('div', {class: 'choices'});
  const search = make('input', {type: 'search', 'aria-label': 'Find an attribute', placeholder: 'Find an attribute'});
  const made = make('details', {class: 'picker', id: 'columns'}, make('summary', {}, 'Columns'),
                    make('div', {class: 'popup'}, search, list));
  let names = [];

  const choose = (name, isWanted) => {
    const now = chosenColumns(present()).filter(one => one !== name);
    const out = changed(present(), {});
    out.set('columns', (isWanted ? [...now, name] : now).join(','));
    go('items', out);
  };
  const show = () => {
    const chosen = chosenColumns(present());
    const words = search.value.toLowerCase();
    const all = [...new Set([...chosen, ...names])].filter(name => name.toLowerCase().includes(words));
    const typed = search.value.trim();
    const lines = all.slice(0, 200).map(name => make('label', {class: 'choice', title: name},
      make('input', {type: 'checkbox', value: name, checked: chosen.includes(name),
                     on: {change: event => choose(name, event.target.checked)}}),
      make('span', {}, plainColumns.find(one => one.name === name)?.text || name.replace(/^attr\./, ''))));
    if (typed && !all.some(name => name === `attr.${typed}`) && !typed.includes(','))
      lines.push(button(`Add the path ${typed}`, () => choose(`attr.${typed.replace(/^attr\./, '')}`, true)));
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    list.replaceChildren(...lines);
    if (focused !== null) [...list.querySelectorAll('input')].find(one => one.value === focused)?.focus();
  };
  const load = async () => {
    if (!made.open) return;
    show();
    const page = await get('items', [...filtersOf(present()), ...momentOf(present()), ['limit', sampleSize]]).catch(() => null);
    if (!page) return;
    const paths = pathsOf(page.items.map(one => one.item)).map(path => `attr.${path}`);
    const first = wellKnown.flatMap(pattern => paths.filter(path => pattern.test(path)));
    names = [...new Set([...first, ...plainColumns.map(one => one.name), ...paths])];
    show();
  };
  made.addEventListener('toggle', load);
  search.addEventListener('input', show);
  made.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    made.open = false;
    made.querySelector('summary').focus();
  });
  const closeOutside = event => {
    if (!made.isConnected) document.removeEventListener('pointerdown', closeOutside);
    else if (made.open && !made.contains(event.target)) made.open = false;
  };
  document.addEventListener('pointerdown', closeOutside);
  return {element: made, show: () => made.open && show()};
}
