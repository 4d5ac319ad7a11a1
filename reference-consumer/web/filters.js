// The bar of filters: its inputs stand for what the address says, and change it.
import {changed, conditionOf, conditionText, exactly, filtersOf, go, isFilter} from './address.js';
import {get} from './api.js';
import {button, make, soon} from './elements.js';

const suggestionsAtMost = 200;

export const itemFields = [
  {name: 'search', text: 'Search', placeholder: 'Words in names and values  ( / )', isWide: true, type: 'search'},
  {name: 'cluster', text: 'Cluster', suggest: true},
  {name: 'itemNamespace', text: 'Namespace', suggest: true},
  {name: 'kind', text: 'Kind', suggest: true},
  {name: 'labels', text: 'Labels', placeholder: 'app=api,!canary'},
  {name: 'owner', text: 'Owner', placeholder: 'ReplicaSet/api-7d9f'}
];

// The filters with another first value of one; further values, which the address may have, stay.
function withFirst(parameters, name, value) {
  const values = parameters.getAll(name);
  const at = values.findIndex(one => one !== '');
  if (at >= 0) values.splice(at, 1);
  const out = changed(parameters, {[name]: null, cursor: null, page: null});
  if (value !== '') out.append(name, value);
  for (const one of values) out.append(name, one);
  return out;
}

export function filterBar(view, fields = itemFields) {
  let parameters = new URLSearchParams();
  let isTyping = false; // what is typed in one go is one step of Back
  const inputs = new Map();
  const typed = new Set(); // inputs that the address does not know of yet: nobody takes them from under people's fingers
  const chips = make('ul', {class: 'chips', 'aria-label': 'Other filters'});
  const told = make('p', {class: 'alert', role: 'alert', hidden: true});
  const condition = make('input', {id: 'condition', autocomplete: 'off', spellcheck: 'false',
                                   placeholder: 'spec.replicas>=3, then Enter'});

  const change = (to, isSame = false) => go(view, to, isSame);
  const labels = fields.map(field => {
    const input = make('input', {id: field.name, type: field.type || 'text', autocomplete: 'off', spellcheck: 'false',
                                 placeholder: field.placeholder || 'all', list: field.suggest ? `list-${field.name}` : null});
    const apply = soon(() => {
      typed.delete(field.name);
      if (input.value === shownValue(field.name)) return;
      change(withFirst(parameters, field.name, input.value), isTyping);
      isTyping = true;
    }, 250);
    input.addEventListener('input', () => {
      typed.add(field.name);
      apply();
    });
    input.addEventListener('blur', () => { isTyping = false; });
    inputs.set(field.name, input);
    const label = make('label', {class: field.isWide ? 'grow' : null}, make('span', {}, field.text), input);
    if (field.suggest) {
      const list = make('datalist', {id: `list-${field.name}`});
      input.addEventListener('focus', () => suggest(field.name, list));
      label.append(list);
    }
    return label;
  });

  // Values with their counts, under all other filters; where there are too many to count there are no suggestions.
  async function suggest(name, list) {
    const others = filtersOf(changed(parameters, {[name]: null}));
    const facet = await get('facets', [['by', name], ['limit', suggestionsAtMost], ...others]).catch(() => null);
    if (!facet) return;
    list.replaceChildren(...facet.facets[0].values.map(one =>
      make('option', {value: exactly(String(one.value)), label: `${one.value} (${one.count})`})));
  }

  function shownValue(name) {
    return parameters.getAll(name).find(one => one !== '') || '';
  }

  function chip(pair, text) {
    const remove = () => {
      const left = [...parameters];
      left.splice(left.findIndex(([name, value]) => name === pair[0] && value === pair[1]), 1);
      change(changed(new URLSearchParams(left), {cursor: null, page: null}));
    };
    return make('li', {class: 'chip'}, text, button('×', remove, {'aria-label': `Remove the filter ${text}`}));
  }

  function showChips() {
    const left = filtersOf(parameters);
    for (const name of inputs.keys()) {
      const at = left.findIndex(([one, value]) => one === name && value !== '');
      if (at >= 0) left.splice(at, 1);
    }
    chips.replaceChildren(...left.map(pair => chip(pair, pair[1] === '' && !pair[0].match(/[<>]/)
      ? `${pair[0]} is empty` : conditionText(pair))));
    chips.hidden = left.length === 0;
  }

  function addCondition() {
    if (!condition.value.trim()) return;
    const pair = conditionOf(condition.value);
    told.hidden = pair !== null;
    told.textContent = pair ? '' : 'A condition is a path, a comparison and a value: spec.replicas>=3, spec.image=*nginx*';
    if (!pair) return;
    condition.value = '';
    const next = changed(parameters, {cursor: null, page: null});
    next.append(...pair);
    change(next);
  }
  condition.addEventListener('keydown', event => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    addCondition();
  });

  const clear = button('Clear', () => change(new URLSearchParams([...parameters].filter(([name]) =>
    !isFilter(name) && name !== 'cursor' && name !== 'page'))), {id: 'clear'});
  const form = make('form', {id: 'filters', class: 'row', role: 'search', on: {submit: event => event.preventDefault()}},
                    ...labels, make('label', {}, make('span', {}, 'Attribute'), condition), clear);
  return {
    element: make('div', {class: 'filter-bar'}, form, told, chips),
    show(now) {
      parameters = now;
      for (const [name, input] of inputs) if (!typed.has(name)) input.value = shownValue(name);
      showChips();
    }
  };
}

export function wordsOf(parameters) {
  return parameters.getAll('search').join(' ').split(/\s+/).filter(word => word);
}
