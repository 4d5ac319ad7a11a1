// Dead letters: messages that could not be applied, and why.
import {addressOf, changed, go} from './address.js';
import {change, get} from './api.js';
import {button, cell, emptiness, headRow, make, marked, numbers, soon, when} from './elements.js';

const pageSize = 100;
const columns = [{text: 'Reason'}, {text: 'Cluster', class: 'wide'}, {text: 'What is wrong'}, {text: 'Where', class: 'wide'}, {text: 'Bytes', class: 'number wide'},
                 {text: 'When'}];

export function openDeadLetters(root) {
  let parameters = new URLSearchParams();
  let letters = [];
  let next = null;
  let seen = '';

  const search = make('input', {id: 'dead-search', type: 'search', autocomplete: 'off', spellcheck: 'false',
                                placeholder: 'Part of a sentence, clause, log or place'});
  search.addEventListener('input', soon(() => go('dead-letters', changed(parameters, {q: search.value}), true), 200));
  const reasons = make('div', {class: 'row tools', role: 'group', 'aria-label': 'Reasons', id: 'reasons'});
  const told = make('p', {class: 'quiet', role: 'status', id: 'dead-told'});
  const table = make('table', {id: 'dead', class: 'rows'},
                     make('caption', {class: 'hidden'}, 'Messages that could not be applied, and parts of sets that were torn'),
                     make('thead', {}, headRow(columns)), make('tbody'));
  const nothing = make('div', {id: 'no-dead', hidden: true});
  const more = button('Older ones', async () => {
    await readMore().catch(reason => { told.textContent = reason.message; });
    show();
  }, {id: 'dead-more', hidden: true});
  root.append(make('div', {class: 'row'}, make('label', {class: 'grow'}, make('span', {}, 'Filter'), search)), reasons, told, table,
              nothing, more);

  const token = make('input', {id: 'dead-token', type: 'password', autocomplete: 'off', spellcheck: 'false'});
  root.append(make('details', {id: 'dead-admin'}, make('summary', {}, 'Try letters again'),
                   make('label', {class: 'grow'}, make('span', {}, 'A token of --admin-token-file, which is kept nowhere'), token)));

  // 16 bytes a line, as people know it.
  function hexLines(hex) {
    const lines = [];
    for (let at = 0; at < hex.length; at += 32) {
      lines.push(`${(at / 2).toString(16).padStart(8, '0')}  ${hex.slice(at, at + 32).replace(/../g, '$& ').trimEnd()}`);
    }
    return lines.join('\n');
  }

  async function showBody(one, into) {
    if (!one.hasBody || into.childElementCount) return;
    try {
      const {body} = await get(`dead-letters/${one.id}`);
      if (!body) return;
      const rest = body.bytes < one.valueBytes ? `, the first ${numbers.format(body.bytes)} bytes` : '';
      into.replaceChildren(make('p', {class: 'quiet'}, `As text${rest}`), make('pre', {tabindex: '0', class: 'body-text'}, body.text),
                           make('p', {class: 'quiet'}, `In hex${rest}`), make('pre', {tabindex: '0', class: 'body-hex'}, hexLines(body.hex)));
    } catch (reason) {
      into.textContent = reason.message;
    }
  }

  function retry(one) {
    const ended = make('span', {role: 'status', class: 'quiet'});
    const again = button('Try it again', async () => {
      if (!token.value) {
        ended.textContent = 'It takes a token: see below.';
        return;
      }
      try {
        const {result} = await change('POST', `dead-letters/${one.id}/retry`, token.value);
        ended.textContent = result === 'dead_lettered' ? 'It is as dead as before.' : `It is ${result} now.`;
        again.disabled = result !== 'dead_lettered';
      } catch (reason) {
        ended.textContent = reason.message;
      }
    }, {class: 'retry'});
    return make('div', {class: 'row'}, again, ended);
  }

  async function readMore(signal) {
    const page = await get('dead-letters', [['limit', pageSize], ...next ? [['before', next]] : []], signal);
    letters = [...letters, ...page.deadLetters];
    next = page.next;
  }

  function details(one) {
    const facts = [['Id', one.id], ['Log', one.log], ['Partition and offset', `${one.partition}@${one.offset}`],
                   ['Subject', one.subject || '–'], ['Clause', one.clause || '–'], ['At byte', one.byteOffset ?? '–'],
                   ['Length', `${numbers.format(one.valueBytes)} bytes`],
                   ['To see it', one.hasBody ? `kollect-consumer dlq show ${one.id} -o raw --store STORE | xxd`
                                             : 'its bytes were not kept'],
                   ['To try it again', `kollect-consumer dlq retry ${one.id} --store STORE`]];
    return make('dl', {class: 'facts-of'}, ...facts.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, String(value))]));
  }

  function line(one, words) {
    const sentence = make('span');
    sentence.append(marked(`${one.sentence}${one.clause ? ` [${one.clause}]` : ''}`, words));
    const place = make('span');
    place.append(marked(`${one.log} ${one.partition}@${one.offset}`, words));
    const body = make('div');
    const open = make('details', {class: 'letter', on: {toggle: () => { if (open.open) showBody(one, body); }}},
                      make('summary', {}, sentence), details(one), ...one.hasBody ? [retry(one), body] : []);
    return make('tr', {}, cell(make('span', {class: 'tag'}, one.reason), 'nowrap'), cell(one.cluster ?? '–', 'wide'), cell(open), cell(place, 'wide'),
                cell(numbers.format(one.valueBytes), 'number wide'), cell(when(one.at), 'nowrap'));
  }

  function showReasons() {
    const counts = new Map();
    for (const one of letters) counts.set(one.reason, (counts.get(one.reason) || 0) + 1);
    const chosen = parameters.get('reason');
    reasons.replaceChildren(...[...counts].sort((left, right) => right[1] - left[1]).map(([reason, count]) =>
      button(`${reason} ${numbers.format(count)}`, () =>
        go('dead-letters', changed(parameters, {reason: chosen === reason ? null : reason})),
             {class: 'choice-of', 'aria-pressed': String(chosen === reason)})));
  }

  function show() {
    const words = (parameters.get('q') || '').split(/\s+/).filter(word => word);
    const fits = one => (!parameters.get('reason') || one.reason === parameters.get('reason')) &&
      words.every(word => `${one.reason} ${one.cluster ?? ''} ${one.sentence} ${one.clause} ${one.log} ${one.subject} ${one.partition}@${one.offset}`
        .toLowerCase().includes(word.toLowerCase()));
    const fit = letters.filter(fits);
    more.hidden = !next;
    const now = JSON.stringify([fit.map(one => one.id), String(parameters), letters.length, Boolean(next)]);
    if (now === seen) return; // what has not changed is left alone: somebody may have opened one
    seen = now;
    showReasons();
    table.tBodies[0].replaceChildren(...fit.map(one => line(one, words)));
    table.hidden = fit.length === 0;
    nothing.hidden = fit.length > 0;
    told.textContent = letters.length
      ? `${numbers.format(fit.length)} of the newest ${numbers.format(letters.length)}${next ? '; there are older ones' : ''}` : '';
    nothing.replaceChildren(letters.length
      ? emptiness('None of them fits.', make('a', {href: addressOf('dead-letters')}, 'All of them'))
      : emptiness('There are none: every message could be applied.'));
  }

  return {
    async show(now, signal, isNews) {
      parameters = now;
      if (document.activeElement !== search) search.value = parameters.get('q') || '';
      if (isNews && letters.length > pageSize) return; // somebody has gone back far
      if (isNews || !letters.length) {
        [letters, next] = [[], null];
        await readMore(signal);
      }
      show();
    }
  };
}
