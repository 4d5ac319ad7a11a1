// Values of attributes: how they differ between two versions, and as a tree.
import {addressOf, exactly, pathStep} from './address.js';
import {button, make, marked} from './elements.js';

const longestShown = 2000;

export function textOf(value) {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function cut(text) {
  return text.length > longestShown ? `${text.slice(0, longestShown)}… (${text.length} characters)` : text;
}

// RFC 6901.
function valueAt(value, pointer) {
  for (const step of pointer.split('/').slice(1)) {
    if (value === null || typeof value !== 'object') return undefined;
    const name = step.replace(/~1/g, '/').replace(/~0/g, '~');
    if (!Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function shownPath(pointer) {
  return pointer.replace(/^\/attributes\//, '').split('/').map(step => step.replace(/~1/g, '/').replace(/~0/g, '~'))
    .join(' › ');
}

// Both sides, with what differs in the middle marked.
function sides(before, after) {
  const [left, right] = [cut(textOf(before)), cut(textOf(after))];
  let begin = 0;
  while (begin < left.length && begin < right.length && left[begin] === right[begin]) ++begin;
  let end = 0;
  while (end < left.length - begin && end < right.length - begin &&
         left[left.length - 1 - end] === right[right.length - 1 - end]) ++end;
  const side = (text, className, isThere) => make('td', {class: `value ${className}`}, ...isThere
    ? [text.slice(0, begin), make('mark', {}, text.slice(begin, text.length - end)), text.slice(text.length - end)]
    : [make('span', {class: 'quiet'}, 'not there')]);
  return [side(left, 'before', before !== undefined), side(right, 'after', after !== undefined)];
}

// A table of what changed, old and new side by side; for rows that came or went there is nothing to compare.
export function changedValues(change, most = 50) {
  const paths = change.changedPaths || [];
  if (!change.before || !change.after || !paths.length) return null;
  const table = make('table', {class: 'values'},
                     make('caption', {class: 'hidden'}, 'Values that changed'),
                     make('thead', {}, make('tr', {}, ...['Value', 'Old', 'New'].map(text =>
                       make('th', {scope: 'col'}, text)))),
                     make('tbody', {}, ...paths.slice(0, most).map(path =>
                       make('tr', {}, make('th', {scope: 'row', title: path}, shownPath(path)),
                            ...sides(valueAt(change.before, path), valueAt(change.after, path))))));
  if (paths.length <= most) return table;
  return make('div', {}, table, make('p', {class: 'quiet'}, `and ${paths.length - most} more values`));
}

// Attributes as a tree; branches are drawn when they are opened.

const openedAtOnce = 40;
const foundAtMost = 200;

function stepOf(holder, name) {
  return Array.isArray(holder) ? '*' : pathStep(name);
}

function leaf(name, value, path, words) {
  const shown = make('span', {class: `leaf ${value === null ? 'null' : typeof value}`});
  shown.append(marked(cut(textOf(value)), words));
  const line = make('div', {class: 'tree-line'}, make('span', {class: 'key'}), shown);
  line.firstChild.append(marked(name, words), ': ');
  if (value !== null && textOf(value).length <= 200)
    line.append(make('a', {class: 'same', href: addressOf('items', [[`attr.${path}`, exactly(textOf(value))]]),
                           title: `Items with this value of ${path}`}, 'same'));
  return line;
}

function branch(name, value, path, isOpen) {
  const entries = Object.entries(value);
  const summary = make('summary', {}, make('span', {class: 'key'}, name),
                       make('span', {class: 'quiet'}, Array.isArray(value) ? ` [${entries.length}]` : ` {${entries.length}}`));
  const made = make('details', {}, summary);
  let isDrawn = false;
  const draw = () => {
    if (isDrawn) return;
    isDrawn = true;
    made.append(...lines(value, path));
  };
  made.addEventListener('toggle', () => made.open && draw());
  if (isOpen) {
    draw();
    made.open = true;
  }
  return made;
}

function lines(value, path) {
  const entries = Object.entries(value);
  const line = ([name, one]) => {
    const below = path ? `${path}.${stepOf(value, name)}` : stepOf(value, name);
    return one !== null && typeof one === 'object' && Object.keys(one).length
      ? branch(name, one, below, Object.keys(one).length <= openedAtOnce && below.split('.').length < 3)
      : leaf(name, one, below, []);
  };
  const out = entries.slice(0, 500).map(line);
  if (entries.length > 500) {
    const rest = button(`${entries.length - 500} more`, () => rest.replaceWith(...entries.slice(500).map(line)));
    out.push(rest);
  }
  return out;
}

function find(value, path, names, words, found) {
  for (const [name, one] of Object.entries(value)) {
    if (found.length >= foundAtMost) return;
    const below = path ? `${path}.${stepOf(value, name)}` : stepOf(value, name);
    const shown = [...names, name];
    if (one !== null && typeof one === 'object' && Object.keys(one).length) {
      find(one, below, shown, words, found);
      continue;
    }
    const text = `${shown.join(' › ')} ${textOf(one)}`.toLowerCase();
    if (words.every(word => text.includes(word))) found.push(leaf(shown.join(' › '), one, below, words));
  }
}

export function attributeTree(attributes) {
  const body = make('div', {class: 'tree', tabindex: '0', role: 'group', 'aria-label': 'Tree of attributes'});
  const told = make('span', {class: 'quiet', role: 'status'});
  const search = make('input', {type: 'search', 'aria-label': 'Search in the attributes', autocomplete: 'off',
                                spellcheck: 'false', placeholder: 'Search names and values'});
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
    if (attributes === null || typeof attributes !== 'object') {
      body.replaceChildren(make('span', {class: 'quiet'}, 'It has no attributes.'));
    } else if (!words.length) {
      told.textContent = '';
      body.replaceChildren(...lines(attributes, ''));
    } else {
      const found = [];
      find(attributes, '', [], words, found);
      told.textContent = `${found.length}${found.length >= foundAtMost ? ' or more' : ''} found`;
      body.replaceChildren(...found);
    }
  };
  search.addEventListener('input', show);
  show();
  return make('div', {class: 'attributes'}, make('div', {class: 'row'}, search, told), body);
}

// Paths of what a handful of items have in their attributes, most frequent first, as columns may have them.
export function pathsOf(items) {
  const counts = new Map();
  const visit = (value, path, depth) => {
    for (const [name, one] of Object.entries(value)) {
      if (name.includes(',')) continue; // commas stand between columns
      const below = path ? `${path}.${stepOf(value, name)}` : stepOf(value, name);
      if (one !== null && typeof one === 'object') {
        if (depth < 12) visit(one, below, depth + 1);
      } else {
        seen.add(below);
      }
    }
  };
  let seen;
  for (const item of items) {
    seen = new Set();
    if (item.attributes && typeof item.attributes === 'object') visit(item.attributes, '', 0);
    for (const path of seen) counts.set(path, (counts.get(path) || 0) + 1);
  }
  return [...counts].sort((left, right) => right[1] - left[1] || left[0].localeCompare(right[0])).map(([path]) => path);
}
