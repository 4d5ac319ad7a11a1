// One object: what it says of itself, and what happened to it.
import {addressOf, exactly, momentOf} from './address.js';
import {get} from './api.js';
import {button, clusterName, emptiness, make, moment, when} from './elements.js';
import {itemAddress} from './items.js';
import {momentBanner} from './moment.js';
import {attributeTree, changedValues} from './values.js';

const versionsAtOnce = 200;

// The API has cluster and uid as steps of a path, where some texts cannot stand.
function canBeStep(text) {
  return text !== '.' && text !== '..' && !/[/\x00-\x1f\x7f]/.test(text);
}

function facts(entry, parameters) {
  const item = entry.item;
  const group = item.group ? `${item.group}/` : '';
  const all = [
    ['Kind', make('a', {href: addressOf('items', [['kind', exactly(item.kind)], ...momentOf(parameters)])}, item.kind)],
    ['API version', `${group}${item.version}`],
    ['Namespace', item.namespace
      ? make('a', {href: addressOf('items', [['itemNamespace', exactly(item.namespace)], ...momentOf(parameters)])}, item.namespace)
      : '–'],
    ['Cluster', make('a', {href: addressOf('items', [['cluster', exactly(entry.cluster)], ...momentOf(parameters)])},
                     clusterName(entry.cluster))],
    ['Inventory', [entry.namespace, entry.inventory].filter(text => text).join('/') || '–'],
    ['Target', `${item.targetNamespace}/${item.targetName}`],
    ['UID', item.uid || '–'],
    ['Exported', when(entry.exportedAt)]
  ];
  return make('dl', {class: 'facts-of'}, ...all.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

// A moment at which the version was there: its change is told in whole milliseconds.
function timeOf(version) {
  return new Date(version.ts_ms + 1).toISOString();
}

function versionEntry(version, cluster, uid) {
  const text = {added: 'came', changed: 'changed', removed: 'went'}[version.kind] || version.kind;
  const at = timeOf(version);
  const source = version.source;
  const entry = make('li', {class: `version ${version.kind}`},
                     make('div', {class: 'version-head'}, make('span', {class: `sign ${version.kind}`}, text), ' ',
                          moment(new Date(version.ts_ms).toISOString()), ' ',
                          version.kind === 'removed' ? null
                            : make('a', {class: 'at-this-time',
                                         href: addressOf('item', {cluster, uid, asOf: at})}, 'at this time'), ' ',
                          make('a', {href: addressOf('time', {at})}, 'the fleet then')),
                     make('div', {class: 'quiet'}, `snapshot of ${source.namespace || '–'} exported ${source.exportedAt}, ` +
                          `message ${source.partition}@${source.offset}`));
  const values = changedValues(version);
  if (values) entry.append(values);
  return entry;
}

export function openItem(root) {
  let shown = '';
  let open = '';
  const banner = momentBanner('item');
  const head = make('div', {class: 'item-head'});
  const attributes = make('section', {'aria-label': 'Attributes', class: 'item-attributes'});
  const history = make('section', {'aria-label': 'History', class: 'item-history'});
  root.append(banner.element, make('div', {class: 'two'}, make('div', {}, head, attributes), history));

  async function showObject(parameters, signal) {
    const [cluster, uid] = [parameters.get('cluster') || '', parameters.get('uid') || ''];
    const page = await get('items', [['cluster', exactly(cluster)], ['uid', exactly(uid)], ['limit', 10],
                                     ...momentOf(parameters)], signal);
    const seen = JSON.stringify([page.items, String(parameters)]);
    if (seen === shown) return;
    shown = seen;
    const entry = page.items[0];
    if (!entry) {
      document.title = 'Not there · Kollect fleet';
      head.replaceChildren(make('h2', {class: 'item-name'}, uid || '(no uid)'), emptiness(
        parameters.get('asOf') ? 'It was not there at this time.' : 'It is not there any more, or has never been.',
        'Its history, if there is any, says when it came and went.'));
      attributes.replaceChildren();
      return;
    }
    document.title = `${entry.item.name} · Kollect fleet`;
    head.replaceChildren(make('h2', {class: 'item-name', id: 'item-name'}, entry.item.name || '(no name)'),
                         facts(entry, parameters));
    if (page.items.length > 1)
      head.append(make('p', {class: 'quiet'}, `${page.items.length} inventories carry it; this is the one of ${entry.namespace}.`));
    attributes.replaceChildren(make('h3', {}, 'Attributes'), attributeTree(entry.item.attributes));
  }

  async function showHistory(parameters, signal) {
    const [cluster, uid] = [parameters.get('cluster') || '', parameters.get('uid') || ''];
    const title = make('h3', {}, 'History');
    if (!uid || !canBeStep(cluster) || !canBeStep(uid)) {
      history.replaceChildren(title, make('p', {class: 'quiet'},
        'Its cluster or uid cannot stand in an address, so that its history cannot be asked for here.'));
      return;
    }
    const path = `items/${encodeURIComponent(cluster)}/${encodeURIComponent(uid)}/history`;
    const first = await get(path, [['limit', versionsAtOnce]], signal);
    const seen = JSON.stringify([first, cluster, uid]);
    if (seen === open) return;
    open = seen;
    const list = make('ol', {id: 'history', class: 'timeline'});
    const add = versions => list.prepend(...versions.map(one => versionEntry(one, cluster, uid)).reverse());
    add(first.versions);
    let next = first.pagination.next;
    const later = button('Later versions', async () => {
      const page = await get(path, [['limit', versionsAtOnce], ['from', next]], signal);
      add(page.versions);
      next = page.pagination.next;
      later.hidden = !next;
    }, {hidden: !next});
    const namesakes = first.namesakes.map(one => make('li', {}, make('a', {href: itemAddress(cluster, one.uid)}, one.uid),
      one.present ? ', there now' : ', seen ', one.present ? null : when(one.seenAt)));
    history.replaceChildren(title);
    if (namesakes.length)
      history.append(make('p', {}, 'Others have had this name:'), make('ul', {id: 'namesakes'}, ...namesakes));
    if (!first.versions.length)
      history.append(emptiness('Nothing is known of its past.', 'The history reaches back as far as --keep-changes says; ' +
                               'what came before, and has not changed since, is not in it.'));
    history.append(later, list);
  }

  return {
    async show(parameters, signal) {
      banner.show(parameters);
      await Promise.all([showObject(parameters, signal), showHistory(parameters, signal)]);
    }
  };
}
