// Elements. Whatever comes from a cluster is put in as text, never as markup.

export const numbers = new Intl.NumberFormat('en');

// make('a', {class: 'name', href: '#/items', on: {click}}, 'text', element, …)
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function drawn(tag, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') for (const [event, heard] of Object.entries(value)) made.addEventListener(event, heard);
    else if (value === true) made.setAttribute(name, '');
    else if (value != null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

export function button(text, click, properties = {}) {
  return make('button', {type: 'button', ...properties, on: {click}}, text);
}

export function age(instant, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${numbers.format(Math.round(seconds / 86400))} days ago`;
}

export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

// How long ago: grows while nothing else happens, see page.js.
export function when(instant) {
  return make('time', {datetime: instant, title: instant, 'data-grows': true}, age(instant));
}

const clock = new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC'});

export function moment(instant) {
  const made = new Date(instant);
  return make('time', {datetime: made.toISOString(), title: made.toISOString()}, `${clock.format(made)} UTC`);
}

export function clusterName(name) {
  return name || '(no name)';
}

// A row's cells; `wide` ones are left out on a phone.
export function cell(content, className) {
  return make('td', {class: className}, content);
}

// columns: {text, class, sort, isDownFirst} where `sort` names an order; `order` is the present one, `-` before it
// turns it round.
export function headRow(columns, order = '', choose = null) {
  return make('tr', {}, ...columns.map(column => {
    const head = make('th', {scope: 'col', class: column.class, title: column.title});
    if (!column.sort || !choose) {
      head.append(column.text);
      return head;
    }
    const isUp = order === column.sort;
    const isDown = order === `-${column.sort}`;
    if (isUp || isDown) head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
    const [first, second] = column.isDownFirst ? [`-${column.sort}`, column.sort] : [column.sort, `-${column.sort}`];
    head.append(button(column.text, () => choose(order === first ? second : order === second ? '' : first),
                       {class: 'sort', title: column.title}));
    return head;
  }));
}

// Text in which the words looked for are marked.
export function marked(text, words) {
  const wanted = words.filter(word => word).map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (!wanted.length) return document.createTextNode(text);
  const out = document.createDocumentFragment();
  const parts = text.split(new RegExp(`(${wanted.join('|')})`, 'i'));
  parts.forEach((part, at) => part && out.append(at % 2 ? make('mark', {}, part) : part));
  return out;
}

// Arrows go from row to row of a table, or from entry to entry, by what has the focus in each.
export function walkWithArrows(container, selector) {
  container.addEventListener('keydown', event => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step || !event.target.matches(selector)) return;
    const all = [...container.querySelectorAll(selector)];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

// What there is to see where there is nothing to see, and what to do.
export function emptiness(title, ...advice) {
  return make('div', {class: 'empty'}, make('p', {class: 'strong'}, title), ...advice.map(one =>
    typeof one === 'string' ? make('p', {}, one) : one));
}

// Calls `act` when nobody has called again for a while.
export function soon(act, milliseconds) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

