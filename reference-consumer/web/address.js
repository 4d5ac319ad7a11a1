// Where the page is: `#/view?parameters`. Every view, filter and page of a list has such an address.

const filterNames = ['cluster', 'namespace', 'inventory', 'target', 'group', 'version', 'kind', 'name', 'uid',
                     'itemNamespace', 'owner', 'labels', 'annotations', 'search'];

export function readAddress() {
  const [, view, query] = location.hash.match(/^#\/([a-z-]*)\??(.*)$/) || [];
  return {view: view || 'overview', parameters: new URLSearchParams(query || '')};
}

// Parameters are pairs, URLSearchParams, or an object; values that are null are left out.
export function addressOf(view, parameters = {}) {
  const given = parameters instanceof URLSearchParams || Array.isArray(parameters)
    ? [...parameters] : Object.entries(parameters);
  const query = new URLSearchParams(given.filter(([, value]) => value != null));
  return `#/${view}${query.size ? `?${query}` : ''}`;
}

// Goes to another address; `isSame` replaces the present one, so that Back does not lead through each key typed.
export function go(view, parameters, isSame = false) {
  const to = addressOf(view, parameters);
  if (to === location.hash) return;
  if (!isSame) {
    location.hash = to;
    return;
  }
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

// The present parameters with some of them changed: null or '' takes one away.
export function changed(parameters, changes) {
  const out = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === '') out.delete(name);
    else out.set(name, value);
  }
  return out;
}

export function isFilter(name) {
  return name.startsWith('attr.') || filterNames.includes(name.replace(/!$/, ''));
}

// What the address says of items, as the API asks for it.
export function filtersOf(parameters) {
  return [...parameters].filter(([name]) => isFilter(name));
}

export function momentOf(parameters) {
  return ['asOf', 'asOfBy'].filter(name => parameters.get(name)).map(name => [name, parameters.get(name)]);
}

// A value of a filter in which no star stands for any text, and nothing is taken for an operator.
export function exactly(text) {
  return text.replace(/[\\*=!<>]/g, '\\$&');
}

// A step of an attribute's path in which no dot divides.
export function pathStep(name) {
  return name.replace(/[\\.*<>]/g, '\\$&');
}

// Where the `<` or `>` stands in the name of a condition on an attribute; -1: it has none.
export function operatorAt(name) {
  if (!name.startsWith('attr.')) return -1;
  for (let at = 0; at < name.length; ++at) {
    if (name[at] === '\\') ++at;
    else if (name[at] === '<' || name[at] === '>') return at;
  }
  return -1;
}

// A condition as people write it, `spec.replicas>=3`, as a pair for an address; null: it is none.
export function conditionOf(text) {
  const [, path, operator, value] = text.trim().replace(/^attr\./, '').match(/^((?:\\.|[^\\<>=!])+)(!=|>=|<=|=|>|<)(.*)$/) || [];
  if (!path) return null;
  const name = `attr.${path.trim()}`;
  if (operator === '>' || operator === '<') return [`${name}${operator}${value.trim()}`, ''];
  return [name + operator.slice(0, -1), value.trim()];
}

export function conditionText([name, value]) {
  const end = operatorAt(name);
  if (end >= 0 && end + 1 < name.length && value === '') return name.replace(/^attr\./, '');
  return `${name.replace(/^attr\./, '')}=${value}`;
}
