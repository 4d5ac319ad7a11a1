// Overview: clusters with their freshness and churn, and what they hold.
import {addressOf, changed, exactly, go} from './address.js';
import {get, isTooLong} from './api.js';
import {bars, sparkline} from './charts.js';
import {button, cell, clusterName, duration, emptiness, headRow, make, marked, numbers, soon, walkWithArrows, when}
  from './elements.js';
import {historyBounds, snapshotSizes} from './history.js';

const rowsAtOnce = 100;
const barsAtMost = 12;
const sparkParts = 30;
const sparkSpan = 3600000;
const churnLooksAt = 50000; // changes

const columns = [
  {text: 'Cluster', sort: 'cluster'}, {text: 'Items', sort: 'items', isDownFirst: true, class: 'number'},
  {text: 'Last seen', sort: 'seen'},
  {text: 'Lag', sort: 'lag', isDownFirst: true, class: 'number wide',
   title: 'from the export of its newest snapshot until it was applied'},
  {text: 'Inventories', sort: 'inventories', isDownFirst: true, class: 'number wide'},
  {text: 'Changes in the last hour', sort: 'churn', isDownFirst: true, class: 'churn'}
];
const orders = {
  cluster: (left, right) => left.cluster.localeCompare(right.cluster),
  items: (left, right) => left.itemCount - right.itemCount,
  seen: (left, right) => Date.parse(left.lastSeen) - Date.parse(right.lastSeen),
  lag: (left, right) => left.lag - right.lag,
  inventories: (left, right) => left.scopeCount - right.scopeCount
};

export function openOverview(root) {
  let parameters = new URLSearchParams();
  let clusters = [];
  let shownRows = rowsAtOnce;
  let seen = '';
  const churn = {sizes: [], last: null, byCluster: new Map(), store: ''};

  const filter = make('input', {id: 'cluster-filter', type: 'search', autocomplete: 'off', spellcheck: 'false',
                                placeholder: 'Part of a name'});
  filter.addEventListener('input', soon(() => go('overview', changed(parameters, {q: filter.value}), true), 200));
  const stale = make('input', {type: 'checkbox', id: 'only-stale', on: {change: () =>
    go('overview', changed(parameters, {stale: stale.checked ? 'true' : null}))}});
  const told = make('span', {id: 'clusters-told', role: 'status', class: 'quiet'});
  const table = make('table', {id: 'clusters', class: 'rows'}, make('caption', {class: 'hidden'}, 'Clusters'),
                     make('thead'), make('tbody'));
  walkWithArrows(table, 'a.row-link');
  const nothing = make('div', {id: 'no-clusters', hidden: true});
  const more = button('More clusters', () => {
    shownRows += rowsAtOnce;
    showClusters();
  }, {hidden: true});
  const kinds = make('div', {id: 'kinds'});
  const namespaces = make('div', {id: 'namespaces'});
  root.append(make('div', {class: 'overview'},
                   make('section', {'aria-labelledby': 'clusters-title'},
                        make('h3', {id: 'clusters-title'}, 'Clusters'),
                        make('div', {class: 'row'}, make('label', {class: 'grow'}, make('span', {}, 'Filter'), filter),
                             make('label', {class: 'choice'}, stale, make('span', {}, 'only stale ones')), told),
                        table, nothing, more),
                   make('section', {'aria-label': 'What they hold', class: 'bars-of'},
                        make('h3', {}, 'Items by kind'), kinds, make('h3', {}, 'Items by namespace'), namespaces)));

  function inOrder() {
    const words = (parameters.get('q') || '').toLowerCase();
    const fit = clusters.filter(one => clusterName(one.cluster).toLowerCase().includes(words) &&
                                       (parameters.get('stale') !== 'true' || one.stale));
    const sort = parameters.get('sort') || '';
    const churned = (left, right) => churnOf(left.cluster) - churnOf(right.cluster);
    const by = sort.endsWith('churn') ? churned : orders[sort.replace(/^-/, '')];
    if (!by) return fit.sort((left, right) => right.stale - left.stale || orders.cluster(left, right));
    return fit.sort((left, right) => (sort.startsWith('-') ? -by(left, right) : by(left, right)) || orders.cluster(left, right));
  }

  function churnOf(cluster) {
    return (churn.byCluster.get(cluster) || []).reduce((sum, one) => sum + one, 0);
  }

  function clusterLine(one) {
    const status = make('span', {class: `status ${one.stale ? 'stale' : 'fresh'}`}, make('span', {class: 'dot'}),
                        one.stale ? 'stale: ' : '', when(one.lastSeen));
    const link = make('a', {class: 'row-link', href: addressOf('items', {cluster: exactly(one.cluster)})});
    link.append(marked(clusterName(one.cluster), [parameters.get('q') || '']));
    const counts = churn.byCluster.get(one.cluster) || new Array(sparkParts).fill(0);
    const total = churnOf(one.cluster);
    const changes = make('a', {href: addressOf('changes', {cluster: exactly(one.cluster)}), class: 'churn-link'},
                         sparkline(counts, `${numbers.format(total)} changes of ${clusterName(one.cluster)} in the last hour`),
                         make('span', {class: 'quiet'}, numbers.format(total)));
    return make('tr', {class: one.stale ? 'stale' : null}, cell(link, 'name'), cell(numbers.format(one.itemCount), 'number'),
                cell(status, 'nowrap'), cell(duration(one.lag), 'number wide'),
                cell(numbers.format(one.scopeCount), 'number wide'),
                cell(changes, 'churn'));
  }

  function showClusters() {
    const fit = inOrder();
    const lines = fit.slice(0, shownRows);
    const now = JSON.stringify([lines, String(parameters), [...churn.byCluster], fit.length]);
    if (now === seen) return;
    seen = now;
    table.tHead.replaceChildren(headRow(columns, parameters.get('sort') || '', sort => go('overview', changed(parameters, {sort}))));
    table.tBodies[0].replaceChildren(...lines.map(clusterLine));
    table.hidden = fit.length === 0;
    nothing.hidden = fit.length > 0;
    more.hidden = fit.length <= shownRows;
    const silent = clusters.filter(one => one.stale).length;
    told.textContent = `${numbers.format(fit.length)} of ${numbers.format(clusters.length)}` +
      (silent ? `, ${numbers.format(silent)} stale` : '');
    if (fit.length) return;
    nothing.replaceChildren(clusters.length
      ? emptiness('No cluster fits.', make('a', {href: addressOf('overview')}, 'All clusters'))
      : emptiness('No snapshot has arrived yet.', 'Export one with kollect-producer export, or see with kollect-consumer doctor ' +
                  'whether the log has any.'));
  }

  async function showBars(signal) {
    const page = await get('facets', [['by', 'kind,itemNamespace'], ['limit', barsAtMost]], signal).catch(async reason => {
      if (reason.status !== 400) throw reason; // too many namespaces to be counted
      return get('facets', [['by', 'kind'], ['limit', barsAtMost]], signal);
    }).catch(reason => {
      if (!isTooLong(reason)) throw reason;
      return null;
    });
    if (!page) {
      for (const into of [kinds, namespaces])
        into.replaceChildren(make('p', {class: 'quiet'}, 'To count them takes too long: choose a cluster, and then a group.'));
      return;
    }
    const show = (facet, name, into) => {
      const entries = facet.values.map(one => ({name: one.value || '(none)', count: one.count,
                                                href: addressOf('items', {[name]: exactly(String(one.value))})}));
      into.replaceChildren(entries.length ? bars(entries, `Items by ${name}`) : make('p', {class: 'quiet'}, 'There are none.'));
      if (facet.distinct > entries.length)
        into.append(make('p', {}, make('a', {href: addressOf('items', {groupBy: name})}, `All ${numbers.format(facet.distinct)}`)));
    };
    show(page.facets[0], 'kind', kinds);
    if (page.facets[1]) show(page.facets[1], 'itemNamespace', namespaces);
    else namespaces.replaceChildren(make('p', {class: 'quiet'}, 'There are too many namespaces to count them.'));
  }

  async function readChurn(signal) {
    const bounds = await historyBounds(signal);
    const after = churn.last !== null && churn.last <= bounds.last && churn.last >= bounds.first - 1 ? churn.last
                                                                                                    : bounds.last - churnLooksAt;
    if (after !== churn.last) churn.sizes = [];
    const sizes = await snapshotSizes(bounds, after, signal);
    const from = Date.now() - sparkSpan;
    churn.sizes = [...churn.sizes, ...sizes].filter(one => one.at >= from);
    churn.last = sizes.length ? sizes[sizes.length - 1].cursor : Math.max(after, bounds.first - 1);
    churn.byCluster = new Map();
    for (const one of churn.sizes) {
      if (!churn.byCluster.has(one.cluster)) churn.byCluster.set(one.cluster, new Array(sparkParts).fill(0));
      const part = Math.min(sparkParts - 1, Math.floor(sparkParts * (one.at - from) / sparkSpan));
      churn.byCluster.get(one.cluster)[part] += one.count;
    }
    showClusters();
  }

  return {
    async show(now, signal) {
      parameters = now;
      if (document.activeElement !== filter) filter.value = parameters.get('q') || '';
      stale.checked = parameters.get('stale') === 'true';
      clusters = (await get('clusters', [], signal)).clusters;
      showClusters();
      return () => Promise.all([showBars(signal), readChurn(signal)]);
    }
  };
}
