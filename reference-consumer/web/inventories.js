// Inventories: each namespace of each cluster that sends snapshots, with its freshness.
import {addressOf, changed, exactly, go} from './address.js';
import {get} from './api.js';
import {button, cell, clusterName, duration, emptiness, headRow, make, numbers, when} from './elements.js';

const pageSize = 100;
const columns = [
  {text: 'Cluster'}, {text: 'Namespace'}, {text: 'Inventory', class: 'wide'}, {text: 'Items', class: 'number'},
  {text: 'Snapshot'}, {text: 'Lag', class: 'number wide'}
];

export function openInventories(root) {
  let parameters = new URLSearchParams();
  const table = make('table', {id: 'scopes', class: 'rows'}, make('caption', {class: 'hidden'}, 'Inventories with their freshness'),
                     make('thead', {}, headRow(columns)), make('tbody'));
  const nothing = make('div', {hidden: true}, emptiness('No snapshot has arrived yet.',
                       'Export one with kollect-producer export, or see with kollect-consumer doctor whether the log has any.'));
  const range = make('span', {id: 'scopes-range', role: 'status'});
  const turn = step => go('inventories', changed(parameters, {offset: Math.max(0, offset() + step) || null}));
  const previous = button('Previous', () => turn(-pageSize), {disabled: true});
  const next = button('Next', () => turn(pageSize), {disabled: true});
  root.append(table, nothing, make('nav', {class: 'pages', 'aria-label': 'Pages'}, previous, range, next));

  function offset() {
    return Math.max(0, Number(parameters.get('offset')) || 0);
  }

  function line(one) {
    const status = make('span', {class: `status ${one.stale ? 'stale' : 'fresh'}`}, make('span', {class: 'dot'}),
                        when(one.exportedAt));
    const lag = Math.max(0, (Date.parse(one.appliedAt) - Date.parse(one.exportedAt)) / 1000);
    const items = make('a', {href: addressOf('items', [['cluster', exactly(one.cluster)], ['namespace', exactly(one.namespace)],
                                                       ['inventory', exactly(one.inventory)]])}, one.namespace || '–');
    return make('tr', {}, cell(clusterName(one.cluster)), cell(items, 'name'), cell(one.inventory || '–', 'wide'),
                cell(numbers.format(one.itemCount), 'number'), cell(status, 'nowrap'), cell(duration(lag), 'number wide'));
  }

  return {
    async show(now, signal) {
      parameters = now;
      const page = await get('scopes', [['limit', pageSize], ['offset', offset()]], signal);
      table.tBodies[0].replaceChildren(...page.scopes.map(line));
      table.hidden = page.scopes.length === 0;
      nothing.hidden = page.scopes.length > 0;
      const total = page.pagination.total;
      range.textContent = page.scopes.length
        ? `${numbers.format(offset() + 1)}–${numbers.format(offset() + page.scopes.length)} of ${numbers.format(total)}` : '';
      previous.disabled = offset() === 0;
      next.disabled = !page.pagination.hasMore;
    }
  };
}
